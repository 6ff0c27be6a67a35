import { createHash, createHmac } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { S3Refusal } from './bucket-store.ts'

export type S3Keys = { accessKeyId: string; secretAccessKey: string }

/** AWS refuses requests whose time is further from its own. */
const SKEW_MS_MAX = 15 * 60_000

type Signed = {
  credential: string
  names: string
  signature: string
  time: string
  /** The query without the signature itself. */
  query: string
  payload: string
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

/**
 * Checks a request of Signature Version 4, in its headers or in its query, from what arrived and with no client's code.
 * @throws S3Refusal as AWS refuses
 */
export function checkSignature(request: IncomingMessage, keys: S3Keys): void {
  const [route = '', query = ''] = (request.url ?? '').split('?')
  const signed = request.headers.authorization === undefined ? ofQuery(query) : ofHeaders(request, query)
  const [id = '', day = '', region = '', service = ''] = signed.credential.split('/')
  if (id !== keys.accessKeyId) throw new S3Refusal(403, 'InvalidAccessKeyId')
  const canonical = [
    request.method,
    route,
    signed.query,
    ...signed.names.split(';').map((name) => `${name}:${String(request.headers[name]).trim()}`),
    '',
    signed.names,
    signed.payload,
  ].join('\n')
  const scope = `${day}/${region}/${service}/aws4_request`
  const text = ['AWS4-HMAC-SHA256', signed.time, scope, sha256(canonical)].join('\n')
  const key = [day, region, service, 'aws4_request'].reduce<string | Buffer>(
    hmac,
    `AWS4${keys.secretAccessKey}`,
  )
  if (hmac(key, text).toString('hex') !== signed.signature) throw new S3Refusal(403, 'SignatureDoesNotMatch')
}

function ofHeaders({ headers }: IncomingMessage, query: string): Signed {
  const [, credential = '', names = '', signature = ''] =
    /^AWS4-HMAC-SHA256 Credential=(\S+), SignedHeaders=(\S+), Signature=([\da-f]{64})$/.exec(
      headers.authorization ?? '',
    ) ?? []
  const time = String(headers['x-amz-date'])
  if (Math.abs(timeOf(time) - Date.now()) > SKEW_MS_MAX) throw new S3Refusal(403, 'RequestTimeTooSkewed')
  const payload = String(headers['x-amz-content-sha256'])
  return { credential, names, signature, time, query: inOrder(query), payload }
}

function ofQuery(query: string): Signed {
  const given = new URLSearchParams(query)
  const signature = given.get('X-Amz-Signature')
  if (signature === null) throw new S3Refusal(403, 'AccessDenied')
  const time = given.get('X-Amz-Date') ?? ''
  const endsAtMs = timeOf(time) + Number(given.get('X-Amz-Expires')) * 1_000
  if (Date.now() > endsAtMs) throw new S3Refusal(403, 'AccessDenied')
  const rest = query.split('&').filter((pair) => !pair.startsWith('X-Amz-Signature='))
  return {
    credential: given.get('X-Amz-Credential') ?? '',
    names: given.get('X-Amz-SignedHeaders') ?? '',
    signature,
    time,
    query: inOrder(rest.join('&')),
    payload: 'UNSIGNED-PAYLOAD',
  }
}

const inOrder = (query: string): string =>
  query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => (pair.includes('=') ? pair : `${pair}=`))
    .toSorted()
    .join('&')

const timeOf = (text: string): number =>
  Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
