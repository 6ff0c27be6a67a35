import { createHash } from 'node:crypto'
import type { CreateParams } from './create-params.ts'
import type { LoadedInput } from './load-inputs.ts'

/** The same text for the same data, whatever the order of keys. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(',')}}`
}

/**
 * What makes two creates the same request: the decoded fields and the hash of every file. The encoding does not matter,
 * since clients choose a new multipart boundary for each try; a fetched input counts by its address.
 */
export function fingerprintOf(params: CreateParams, inputs: readonly LoadedInput[]): string {
  const files = inputs.map(({ role, sha256, url }) => [role, url ?? sha256])
  return createHash('sha256')
    .update(canonical({ ...params, inputs: files }))
    .digest('hex')
}
