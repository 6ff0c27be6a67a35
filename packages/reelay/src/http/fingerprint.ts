import { createHash } from 'node:crypto'
import type { CreateParams } from './create-params.ts'
import { bytesOfDataUrl } from './data-url.ts'
import type { InputSource } from './input-sources.ts'

/** The same text for the same data, whatever the order of keys. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(',')}}`
}

/**
 * What makes two creates the same request: the decoded fields and the hash of every file. The encoding does not matter,
 * since clients choose a new multipart boundary for each try. An input that is named by a URL counts by its address, so that
 * nothing has to be fetched to know a request again.
 * @throws ApiError `invalid_value` for a data URL that is none
 */
export function fingerprintOf(params: CreateParams): string {
  const inputs = params.inputs.map((input) => [input.role, identityOf(input)])
  return hashOf(canonical({ ...params, inputs }))
}

function identityOf(input: InputSource): string {
  switch (input.kind) {
    case 'url':
      return input.url
    case 'file':
      return input.file.stored.sha256
    case 'data':
      return hashOf(bytesOfDataUrl(input.url, input.param))
  }
}

/** The same for a request that is its fields and no more. */
export const fingerprintOfFields = (fields: object): string => hashOf(canonical(fields))

const hashOf = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex')
