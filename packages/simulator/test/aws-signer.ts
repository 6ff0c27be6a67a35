import { createHash, createHmac } from 'node:crypto'

const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex')
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

export interface AwsRequest {
  readonly method: string
  readonly url: string
  readonly body?: string
}

export interface AwsSigning {
  /** `access:secret`. */
  readonly key: string
  readonly service: 'bedrock' | 's3'
  readonly region?: string
  readonly nowMs?: number
}

/** The headers of a request by Signature Version 4, made as AWS's page on it tells, for requests of tests. */
export function awsHeaders(
  { method, url, body = '' }: AwsRequest,
  { key, service, region = 'us-east-1', nowMs = Date.now() }: AwsSigning,
): Record<string, string> {
  const { host, pathname, search } = new URL(url)
  const [accessKey = '', secret = ''] = key.split(':')
  const date = new Date(nowMs).toISOString().replaceAll(/[-:]|\.\d{3}/gu, '')
  const hash = sha256(body)
  const path = service === 's3' ? pathname : pathname.split('/').map(encodeURIComponent).join('/')
  const query = search.slice(1).split('&').toSorted().join('&')
  const signed = { host, 'x-amz-content-sha256': hash, 'x-amz-date': date }
  const lines = Object.entries(signed).map(([name, value]) => `${name}:${value}`)
  const names = Object.keys(signed).join(';')
  const canonical = [method, path, query, ...lines, '', names, hash].join('\n')
  const scope = [date.slice(0, 8), region, service, 'aws4_request']
  const text = ['AWS4-HMAC-SHA256', date, scope.join('/'), sha256(canonical)].join('\n')
  const signature = hmac(scope.reduce<string | Buffer>(hmac, `AWS4${secret}`), text).toString('hex')
  const credential = `Credential=${accessKey}/${scope.join('/')}`
  return {
    'x-amz-content-sha256': hash,
    'x-amz-date': date,
    authorization: `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${names}, Signature=${signature}`,
  }
}
