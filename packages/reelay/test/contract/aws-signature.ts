import { createHash, createHmac } from 'node:crypto'
import type { SeenRequest } from './fault-server.ts'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

const encodedAgain = (path: string): string => path.split('/').map(encodeURIComponent).join('/')

/**
 * The `authorization` that a request of Signature Version 4 should bear, made from what arrived, as a service
 * does: with no client's code. The scope and the list of signed headers are those that the request names.
 */
export function awsSignatureOf(
  { method, path, headers, body }: SeenRequest,
  secretAccessKey: string,
): string {
  const [, credential = '', signed = ''] =
    /^AWS4-HMAC-SHA256 Credential=(\S+), SignedHeaders=(\S+), Signature=[\da-f]{64}$/.exec(
      headers.authorization ?? '',
    ) ?? []
  const [, day = '', region = '', service = ''] = credential.split('/')
  const [route = '', query = ''] = path.split('?')
  const value = (name: string): string => String(headers[name]).trim().replace(/ +/g, ' ')
  const canonical = [
    method,
    service === 's3' ? route : encodedAgain(route),
    query.split('&').toSorted().join('&'),
    ...signed.split(';').map((name) => `${name}:${value(name)}`),
    '',
    signed,
    headers['x-amz-content-sha256'] ?? sha256(body),
  ].join('\n')
  const scope = `${day}/${region}/${service}/aws4_request`
  const text = ['AWS4-HMAC-SHA256', value('x-amz-date'), scope, sha256(canonical)].join('\n')
  const key = [day, region, service, 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`)
  const signature = createHmac('sha256', key).update(text).digest('hex')
  return `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signed}, Signature=${signature}`
}
