import type { InputRole } from '@reelay/sdk'
import { invalidValue } from './api-error.ts'
import type { Field } from './field-values.ts'
import { isObject, parseJson } from './parse-json.ts'
import { UploadedFile } from './uploaded-file.ts'

/** Where an input's bytes come from. `param` is the field that named it. */
export type InputSource =
  | { kind: 'file'; role: InputRole; param: string; file: UploadedFile }
  | { kind: 'url'; role: InputRole; param: string; url: string }
  | { kind: 'data'; role: InputRole; param: string; url: string }

const LIST_MAX = 64
const URL_LENGTH_MAX = 8_192

/**
 * What a field names: a file, a URL, a data URL, an object that holds one (`{image_url}`, `{url}`), or a list of these.
 * @throws ApiError `invalid_value`
 */
export function inputSourcesOf(field: Field | undefined, role: InputRole): InputSource[] {
  if (field === undefined) return []
  const values: readonly unknown[] = Array.isArray(field.value) ? field.value : [field.value]
  if (values.length > LIST_MAX)
    throw invalidValue(field.name, `${field.name} has more than ${LIST_MAX} entries.`)
  return values.flatMap((value) => sourcesOf(value, role, field.name, 0))
}

function sourcesOf(value: unknown, role: InputRole, param: string, depth: number): InputSource[] {
  if (value === null || value === undefined) return []
  if (value instanceof UploadedFile) return [{ kind: 'file', role, param, file: value }]
  if (typeof value === 'string') return sourcesOfText(value.trim(), role, param, depth)
  if (depth > 2) throw unusable(param)
  // A form that repeats `name[image_url]` makes a list of the addresses.
  if (Array.isArray(value)) return value.flatMap((item) => sourcesOf(item, role, param, depth + 1))
  if (!isObject(value)) throw unusable(param)
  if (value['file_id'] !== undefined) {
    throw invalidValue(
      param,
      `${param} names a file_id, but files are not kept here: send the file or its URL.`,
    )
  }
  const inner = value['image_url'] ?? value['video_url'] ?? value['url']
  if (inner === undefined) throw unusable(param)
  return sourcesOf(inner, roleOf(value['frame_type']) ?? role, param, depth + 1)
}

function sourcesOfText(text: string, role: InputRole, param: string, depth: number): InputSource[] {
  if (text === '') return []
  if (/^data:/i.test(text)) return [{ kind: 'data', role, param, url: text }]
  if (/^https?:\/\//i.test(text)) {
    if (text.length > URL_LENGTH_MAX) throw invalidValue(param, `${param} has a URL that is too long.`)
    return [{ kind: 'url', role, param, url: text }]
  }
  if (text.startsWith('{') && depth === 0) {
    try {
      return sourcesOf(parseJson(text), role, param, depth + 1)
    } catch {
      throw unusable(param)
    }
  }
  throw unusable(param)
}

const roleOf = (frameType: unknown): InputRole | null =>
  frameType === 'first_frame' || frameType === 'last_frame' ? frameType : null

const unusable = (param: string): ReturnType<typeof invalidValue> =>
  invalidValue(param, `${param} must be a file, an http(s) URL or a data URL.`)
