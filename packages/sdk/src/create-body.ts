import { ReelayError } from './errors.ts'
import type { CallBody } from './transport.ts'

/** An image or video to start from: bytes, or an address (http, https or data) that the server fetches. */
export type VideoInput = Blob | File | string

/** What to make. Which values are legal depends on the model: see `models.list()`. */
export type VideoCreateParams = {
  /** The server's default model when absent. */
  model?: string | undefined
  prompt: string
  /** Length in seconds. */
  seconds?: number | string | undefined
  /** `WIDTHxHEIGHT`. */
  size?: string | undefined
  /** For instance `720p`. */
  resolution?: string | undefined
  /** For instance `16:9`. */
  aspect_ratio?: string | undefined
  /** Several are kept in their order. */
  input_reference?: VideoInput | readonly VideoInput[] | undefined
  first_frame?: VideoInput | undefined
  last_frame?: VideoInput | undefined
  negative_prompt?: string | undefined
  seed?: number | undefined
  generate_audio?: boolean | undefined
  /** Where the server posts the outcome. */
  callback_url?: string | undefined
  /** Echoed in the task object. */
  metadata?: Readonly<Record<string, unknown>> | undefined
  /** For the provider, unchanged, as far as its adapter allows. */
  provider_options?: Readonly<Record<string, unknown>> | undefined
  /** Whole seconds after which the server gives up. */
  deadline?: number | undefined
  /** `nearest` lets the server change size or length to the nearest legal one, with a warning. */
  normalize?: 'nearest' | undefined
}

/** `auto`: JSON unless a file is given. `multipart`: always, for servers that read nothing else. */
export type CreateEncoding = 'auto' | 'multipart'

/** True when a part of the request is bytes rather than text. */
export const hasFile = (params: VideoCreateParams): boolean =>
  Object.values(params).some((value) => (Array.isArray(value) ? value.some(isBlob) : isBlob(value)))

/**
 * The request body; call it once per attempt.
 * @throws ReelayError `invalid_argument`
 */
export function createBody(params: VideoCreateParams, encoding: CreateEncoding): CallBody {
  if (typeof params.prompt !== 'string' || params.prompt.trim() === '') {
    throw new ReelayError('invalid_argument', 'prompt is required: say what the video shows', {
      param: 'prompt',
    })
  }
  if (encoding === 'auto' && !hasFile(params)) return jsonBody(params)
  return { content: multipartBody(params) }
}

function jsonBody(params: VideoCreateParams): CallBody {
  // The length is text on the wire.
  const seconds = params.seconds === undefined ? {} : { seconds: String(params.seconds) }
  return { content: JSON.stringify({ ...params, ...seconds }), contentType: 'application/json' }
}

function multipartBody(params: VideoCreateParams): FormData {
  const form = new FormData()
  // Text first: a server that streams the body then knows the model before the bytes arrive.
  const entries = Object.entries(params).toSorted(([, a], [, b]) => Number(isFile(a)) - Number(isFile(b)))
  for (const [name, value] of entries) {
    for (const item of Array.isArray(value) ? (value as readonly unknown[]) : [value])
      appendPart(form, name, item)
  }
  return form
}

function appendPart(form: FormData, name: string, value: unknown): void {
  if (value === undefined || value === null) return
  if (isBlob(value)) return form.append(name, value, nameOf(value, name))
  // JSON text keeps the types that form fields lose.
  form.append(name, typeof value === 'string' ? value : JSON.stringify(value))
}

const isBlob = (value: unknown): value is Blob => value instanceof Blob

const isFile = (value: unknown): boolean => isBlob(value) || (Array.isArray(value) && value.some(isBlob))

const EXTENSIONS: Readonly<Record<string, string>> = {
  'image/jpeg': '.jpg',
  'image/png': '.png',
  'image/webp': '.webp',
  'video/mp4': '.mp4',
}

// Some servers go by the file name's extension alone.
function nameOf(blob: Blob, field: string): string {
  const own = 'name' in blob && typeof blob.name === 'string' ? blob.name : ''
  return own === '' ? field + (EXTENSIONS[blob.type] ?? '') : own
}
