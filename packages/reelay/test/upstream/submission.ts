import type { IncomingMessage } from 'node:http'
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import busboy from 'busboy'
import type { LedgerFile } from './ledger.ts'

type BodyKind = 'json' | 'multipart' | 'form' | 'other'

/** A create request as a server reads it, before any dialect judges it. */
export interface Submission {
  readonly bodyKind: BodyKind
  readonly fields: Readonly<Record<string, unknown>>
  readonly files: readonly LedgerFile[]
  /** Why the body could not be read. */
  readonly broken: string | null
  /** The task that this one changes. */
  readonly remixOf: string | null
}

const BODY_BYTES_MAX = 64 * 1024 * 1024

/** Reads a request's body to its end. Rejects when the client leaves, or above 64 MiB. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > BODY_BYTES_MAX) throw new Error(`The body is larger than ${BODY_BYTES_MAX} bytes.`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function bodyKindOf(contentType: string): BodyKind {
  if (contentType.startsWith('application/json')) return 'json'
  if (contentType.startsWith('multipart/form-data')) return 'multipart'
  if (contentType.startsWith('application/x-www-form-urlencoded')) return 'form'
  return 'other'
}

/** Adds a form field; one that is sent several times becomes a list. */
function addField(fields: Record<string, unknown>, name: string, value: string): void {
  const known = fields[name]
  if (known === undefined) fields[name] = value
  else fields[name] = Array.isArray(known) ? [...(known as unknown[]), value] : [known, value]
}

function readMultipart(
  contentType: string,
  body: Buffer,
): Promise<{ fields: Record<string, unknown>; files: LedgerFile[] }> {
  return new Promise((resolve, reject) => {
    const fields: Record<string, unknown> = {}
    const files: LedgerFile[] = []
    const parser = busboy({ headers: { 'content-type': contentType } })
    parser.on('field', (name, value) => addField(fields, name, value))
    parser.on('file', (field, stream, info) => {
      const hash = createHash('sha256')
      let bytes = 0
      stream.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        hash.update(chunk)
      })
      stream.on('end', () => {
        files.push({
          field,
          filename: info.filename ?? '',
          mime: info.mimeType,
          bytes,
          sha256: hash.digest('hex'),
        })
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

type Decoded = Pick<Submission, 'fields' | 'files'>

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

/** Decodes a create's body. Never throws: a body that cannot be read is for the dialect to refuse. */
export async function readSubmission(
  contentType: string,
  body: Buffer,
  remixOf: string | null,
): Promise<Submission> {
  const bodyKind = bodyKindOf(contentType)
  try {
    return { bodyKind, remixOf, broken: null, ...(await DECODERS[bodyKind](contentType, body)) }
  } catch (error) {
    const broken = error instanceof Error ? error.message : String(error)
    return { bodyKind, remixOf, broken, fields: {}, files: [] }
  }
}

/** A field as text, whether it came as JSON or as a form; empty when it is absent. */
export function textField(fields: Readonly<Record<string, unknown>>, name: string): string {
  const value = fields[name]
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
