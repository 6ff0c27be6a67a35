import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { text } from 'node:stream/consumers'
import { S3Refusal, type BucketStore, type Incoming, type KeptObject } from './bucket-store.ts'

/** One request as a test sees it. */
export type S3Request = {
  /** Method and what it is about: `PUT part`, `POST complete`, `GET object`, and so on. */
  kind: string
  bucket: string
  key: string
  query: URLSearchParams
  headers: IncomingMessage['headers']
}

type Exchange = { seen: S3Request; request: IncomingMessage; response: ServerResponse }

const KEYS_MAX = 1_000

export function seenOf(request: IncomingMessage): S3Request {
  const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://s3')
  const [, bucket = '', ...names] = pathname.split('/')
  const key = decodeURIComponent(names.join('/'))
  return {
    kind: `${request.method} ${subjectOf(request, query, key)}`,
    bucket,
    key,
    query,
    headers: request.headers,
  }
}

function subjectOf({ method }: IncomingMessage, query: URLSearchParams, key: string): string {
  if (query.has('partNumber')) return 'part'
  if (query.has('uploadId')) return method === 'POST' ? 'complete' : 'upload'
  if (query.has('uploads')) return 'uploads'
  if (query.has('delete')) return 'batch'
  return key === '' ? 'list' : 'object'
}

/** @throws S3Refusal */
export async function answerS3(store: BucketStore, exchange: Exchange): Promise<void> {
  const { seen, request } = exchange
  const { key, query } = seen
  const id = query.get('uploadId') ?? ''
  const isConditional = request.headers['if-none-match'] === '*'
  switch (seen.kind) {
    case 'PUT object':
      return sendTag(exchange, await store.put(key, incoming(request), keptHeaders(request), isConditional))
    case 'GET object':
    case 'HEAD object':
      return sendObject(store, exchange)
    case 'DELETE object':
      await store.remove(key)
      return send(exchange, 204, '')
    case 'POST batch':
      return removeBatch(store, exchange)
    case 'GET list':
      return send(exchange, 200, listOf(store, query))
    case 'GET uploads':
      return send(exchange, 200, uploadsOf(store, query))
    case 'POST uploads':
      return send(
        exchange,
        200,
        xml('InitiateMultipartUploadResult', xml('UploadId', store.begin(key, keptHeaders(request)))),
      )
    case 'PUT part':
      return sendTag(exchange, await store.putPart(id, Number(query.get('partNumber')), incoming(request)))
    case 'POST complete': {
      const etag = await store.complete(id, partsIn(await text(request)), isConditional)
      return send(exchange, 200, xml('CompleteMultipartUploadResult', xml('ETag', `"${etag}"`)))
    }
    case 'DELETE upload':
      await store.abort(id)
      return send(exchange, 204, '')
    default:
      throw new S3Refusal(405, 'MethodNotAllowed')
  }
}

const xml = (name: string, content: string): string => `<${name}>${content}</${name}>`

export const errorXml = (code: string): string => xml('Error', xml('Code', code) + xml('Message', 'as said'))

export function send(
  { request, response }: Exchange,
  status: number,
  body: string,
  headers: Record<string, string> = {},
): void {
  request.resume()
  response.writeHead(status, { 'content-type': 'application/xml', ...headers })
  response.end(request.method === 'HEAD' || status === 204 ? undefined : body)
}

const sendTag = (exchange: Exchange, etag: string): void => send(exchange, 200, '', { etag: `"${etag}"` })

function incoming(request: IncomingMessage): Incoming {
  const hash = request.headers['x-amz-content-sha256']
  return {
    content: request,
    sha256: typeof hash === 'string' && /^[\da-f]{64}$/.test(hash) ? hash : undefined,
  }
}

const keptHeaders = ({ headers }: IncomingMessage): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      name === 'content-type' || name.startsWith('x-amz-meta-') ? [[name, String(value)]] : [],
    ),
  )

async function sendObject(store: BucketStore, exchange: Exchange): Promise<void> {
  const { seen, request, response } = exchange
  const kept = store.objects.get(seen.key)
  if (kept === undefined) throw new S3Refusal(404, 'NoSuchKey')
  const etag = `"${kept.etag}"`
  if ((request.headers['if-match'] ?? etag) !== etag) throw new S3Refusal(412, 'PreconditionFailed')
  const range = rangeOf(request.headers.range, kept)
  const { start, end } = range ?? { start: 0, end: kept.bytes - 1 }
  const headers: Record<string, string> = {
    ...kept.headers,
    etag,
    'accept-ranges': 'bytes',
    'last-modified': new Date(kept.modifiedAtMs).toUTCString(),
    'content-length': String(end - start + 1),
    ...(range === undefined ? {} : { 'content-range': `bytes ${start}-${end}/${kept.bytes}` }),
  }
  for (const [name, value] of seen.query)
    if (name.startsWith('response-')) headers[name.slice('response-'.length)] = value
  response.writeHead(range === undefined ? 200 : 206, headers)
  if (request.method === 'HEAD') response.end()
  // A client that leaves is no fault.
  else await pipeline(store.read(kept, start, end), response).catch(() => undefined)
}

function rangeOf(
  header: string | undefined,
  { bytes }: KeptObject,
): { start: number; end: number } | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? []
  if (first === '' && last === '') return undefined
  const start = first === '' ? Math.max(0, bytes - Number(last)) : Number(first)
  if (start >= bytes) throw new S3Refusal(416, 'InvalidRange')
  return { start, end: first === '' || last === '' ? bytes - 1 : Math.min(Number(last), bytes - 1) }
}

async function removeBatch(store: BucketStore, exchange: Exchange): Promise<void> {
  const { headers } = exchange.request
  const hasChecksum = headers['content-md5'] ?? headers['x-amz-checksum-crc32']
  if (hasChecksum === undefined) throw new S3Refusal(400, 'InvalidRequest')
  const keys = [...(await text(exchange.request)).matchAll(/<Key>(.*?)<\/Key>/g)].map(([, key = '']) => key)
  if (keys.length === 0 || keys.length > KEYS_MAX) throw new S3Refusal(400, 'MalformedXML')
  for (const key of keys) await store.remove(key)
  send(exchange, 200, xml('DeleteResult', ''))
}

function listOf(store: BucketStore, query: URLSearchParams): string {
  const prefix = query.get('prefix') ?? ''
  const delimiter = query.get('delimiter')
  const after = query.get('continuation-token') ?? query.get('start-after') ?? ''
  const countMax = Math.min(KEYS_MAX, Number(query.get('max-keys') ?? KEYS_MAX))
  const entries = new Map<string, string>()
  for (const key of store.keys.filter((name) => name.startsWith(prefix))) {
    const end = delimiter === null ? -1 : key.indexOf(delimiter, prefix.length)
    const name = end === -1 ? key : key.slice(0, end + 1)
    if (name > after) entries.set(name, end === -1 ? contents(key, store) : folder(name))
  }
  const page = [...entries].slice(0, countMax)
  const next = page.length < entries.size ? xml('NextContinuationToken', page.at(-1)?.[0] ?? '') : ''
  const items = page.map(([, item]) => item).join('')
  return xml('ListBucketResult', xml('IsTruncated', String(next !== '')) + next + items)
}

function contents(key: string, store: BucketStore): string {
  const modified = new Date(store.objects.get(key)?.modifiedAtMs ?? 0).toISOString()
  return xml('Contents', xml('Key', key) + xml('LastModified', modified))
}

const folder = (name: string): string => xml('CommonPrefixes', xml('Prefix', name))

function uploadsOf(store: BucketStore, query: URLSearchParams): string {
  const prefix = query.get('prefix') ?? ''
  const uploads = [...store.uploads.values()].filter(({ key }) => key.startsWith(prefix))
  const items = uploads.map(({ id, key, begunAtMs }) =>
    xml(
      'Upload',
      xml('Key', key) + xml('UploadId', id) + xml('Initiated', new Date(begunAtMs).toISOString()),
    ),
  )
  return xml('ListMultipartUploadsResult', xml('IsTruncated', 'false') + items.join(''))
}

function partsIn(body: string): { number: number; etag: string }[] {
  return [...body.matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, part = '']) => ({
    number: Number(/<PartNumber>(\d+)</.exec(part)?.[1]),
    etag: (/<ETag>(.*?)<\/ETag>/.exec(part)?.[1] ?? '').replaceAll(/&quot;|"/g, ''),
  }))
}
