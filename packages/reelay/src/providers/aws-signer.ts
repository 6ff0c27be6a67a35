import { createHash } from 'node:crypto'
import { Sha256 } from '@aws-crypto/sha256-js'
import { SignatureV4 } from '@smithy/signature-v4'
import type { Clock } from '../system/clock.ts'
import type { CredentialHeaders, UnprovenRequest } from './credentials.ts'

/** Signed for all services, and sent to S3, which wants to be told. */
const BODY_HASH = 'x-amz-content-sha256'

export type AwsKeys = {
  accessKeyId: string
  secretAccessKey: string
  /** Of temporary keys. */
  sessionToken?: string | undefined
}

export type AwsSignerOptions = { service: string; region: string; keys: AwsKeys; clock: Clock }

export type AwsSigner = (request: UnprovenRequest) => Promise<CredentialHeaders>

function queryOf({ searchParams }: URL): Record<string, string[]> {
  const names = new Set(searchParams.keys())
  return Object.fromEntries([...names].map((name) => [name, searchParams.getAll(name)]))
}

/** By the runtime: one in JavaScript would hold everything else up while it hashes a body with pictures. */
const bodyHashOf = (body: Uint8Array | null): string =>
  createHash('sha256')
    .update(body ?? '')
    .digest('hex')

/** What signs requests by AWS Signature Version 4. Every given header is signed: it must be sent as it is. */
export function createAwsSigner({ service, region, keys, clock }: AwsSignerOptions): AwsSigner {
  const { accessKeyId, secretAccessKey, sessionToken } = keys
  const token = sessionToken === undefined ? {} : { sessionToken }
  const isStorage = service === 's3'
  const signer = new SignatureV4({
    service,
    region,
    credentials: { accessKeyId, secretAccessKey, ...token },
    sha256: Sha256,
    // S3 signs the path as it is sent; the others encode what is sent once more.
    uriEscapePath: !isStorage,
    applyChecksum: false,
  })
  return async ({ method, url, headers, body }) => {
    const target = new URL(url)
    const { protocol, hostname, host, pathname: path } = target
    const given = { [BODY_HASH]: bodyHashOf(body), ...headers, host }
    const untold = isStorage || BODY_HASH in headers ? [] : [BODY_HASH]
    const signed = await signer.sign(
      { method, protocol, hostname, path, query: queryOf(target), headers: given },
      { signingDate: new Date(clock.nowMs()), unsignableHeaders: new Set(untold) },
    )
    const kept = new Set(['host', ...Object.keys(headers), ...untold])
    return Object.fromEntries(Object.entries(signed.headers).filter(([name]) => !kept.has(name)))
  }
}
