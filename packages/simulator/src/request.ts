import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import busboy from 'busboy'

export type BodyKind = 'json' | 'multipart' | 'form' | 'other'

/** A file part of a multipart body. */
export interface FilePart {
  readonly field: string
  readonly filename: string
  readonly mime: string
  readonly bytes: number
  readonly sha256: string
  readonly content: Buffer
}

/** One request, read to its end and decoded, before any dialect judges it. */
export interface SimulatorRequest {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  /** The named groups of the route's path, decoded. */
  readonly params: Readonly<Record<string, string>>
  /** The bytes as they came: for signatures. */
  readonly body: Buffer
  readonly bodyKind: BodyKind
  /** The fields of a JSON object or a form; a form field that came several times is a list. */
  readonly fields: Readonly<Record<string, unknown>>
  readonly files: readonly FilePart[]
  /** Why the body could not be read; `fields` is empty then. */
  readonly broken: string | null
}

const BODY_BYTES_MAX = 64 * 1024 * 1024

/** Reads a request's body to its end. Rejects when the client leaves, or above 64 MiB. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    const piece = Buffer.from(chunk)
    bytes += piece.length
    if (bytes > BODY_BYTES_MAX) throw new Error(`The body is larger than ${BODY_BYTES_MAX} bytes.`)
    chunks.push(piece)
  }
  return Buffer.concat(chunks)
}

function bodyKindOf(contentType: string): BodyKind {
  if (/^application\/(?:[\w.-]+\+)?(?:json|x-amz-json)/u.test(contentType)) return 'json'
  if (contentType.startsWith('multipart/form-data')) return 'multipart'
  if (contentType.startsWith('application/x-www-form-urlencoded')) return 'form'
  return 'other'
}

/** Adds a form field; one that is sent several times becomes a list. */
function addField(fields: Record<string, unknown>, name: string, value: string): void {
  const known = fields[name]
  if (known === undefined) fields[name] = value
  else fields[name] = Array.isArray(known) ? [...known, value] : [known, value]
}

type Decoded = Pick<SimulatorRequest, 'fields' | 'files'>

function readMultipart(contentType: string, body: Buffer): Promise<Decoded> {
  return new Promise((resolve, reject) => {
    const fields: Record<string, unknown> = {}
    const files: FilePart[] = []
    const parser = busboy({ headers: { 'content-type': contentType } })
    parser.on('field', (name, value) => addField(fields, name, value))
    parser.on('file', (field, stream, info) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const content = Buffer.concat(chunks)
        const sha256 = createHash('sha256').update(content).digest('hex')
        const filename = info.filename ?? ''
        files.push({ field, filename, mime: info.mimeType, bytes: content.length, sha256, content })
      })
    })
    parser.on('error', reject)
    parser.on('close', () => resolve({ fields, files }))
    Readable.from([body]).pipe(parser)
  })
}

function readJson(body: Buffer): Record<string, unknown> {
  const value: unknown = JSON.parse(body.toString('utf8'))
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error('The body is no JSON object.')
  }
  return { ...value }
}

function readForm(body: Buffer): Record<string, unknown> {
  const fields: Record<string, unknown> = {}
  for (const [name, value] of new URLSearchParams(body.toString('utf8'))) addField(fields, name, value)
  return fields
}

const DECODERS: Readonly<
  Record<BodyKind, (contentType: string, body: Buffer) => Decoded | Promise<Decoded>>
> = {
  json: (_contentType, body) => ({ fields: readJson(body), files: [] }),
  multipart: readMultipart,
  form: (_contentType, body) => ({ fields: readForm(body), files: [] }),
  other: (contentType) => {
    throw new Error(`The content type "${contentType}" is not supported.`)
  },
}

/** Decodes a body. Never throws: a body that cannot be read is for the dialect to refuse. */
export async function decodeBody(
  contentType: string,
  body: Buffer,
): Promise<Pick<SimulatorRequest, 'bodyKind' | 'fields' | 'files' | 'broken'>> {
  const bodyKind = bodyKindOf(contentType)
  try {
    return { bodyKind, broken: null, ...(await DECODERS[bodyKind](contentType, body)) }
  } catch (error) {
    return { bodyKind, broken: error instanceof Error ? error.message : String(error), fields: {}, files: [] }
  }
}

/** A field as text, whether it came as JSON or as a form; empty when it is absent. */
export function textField(fields: Readonly<Record<string, unknown>>, name: string): string {
  const value = fields[name]
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

/** A field that is an object; empty when it is none. */
export function recordField(
  fields: Readonly<Record<string, unknown>>,
  name: string,
): Readonly<Record<string, unknown>> {
  const value = fields[name]
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
}

/** A field that is a list; empty when it is none. */
export function listField(fields: Readonly<Record<string, unknown>>, name: string): readonly unknown[] {
  const value = fields[name]
  return Array.isArray(value) ? value : []
}

/** A header's first value; empty when it is absent. */
export function headerOf(request: Pick<SimulatorRequest, 'headers'>, name: string): string {
  const value = request.headers[name]
  return (Array.isArray(value) ? value[0] : value) ?? ''
}
