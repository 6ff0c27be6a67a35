import { ApiError } from './api-error.ts'
import { FormTree } from './form-tree.ts'
import { parseJsonObject } from './parse-json.ts'
import { readText, UPLOAD_PACE } from './read-body.ts'
import { readMultipart, type MultipartOptions } from './read-multipart.ts'

/**
 * The fields of a create, whichever way they are encoded: the same data for multipart, JSON and urlencoded bodies, except
 * that forms know only text. Files are instances of `UploadedFile`.
 * @throws ApiError
 */
export async function readFields(
  request: Request,
  options: MultipartOptions,
): Promise<Record<string, unknown>> {
  const type = (request.headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
  const { clock, limits } = options
  // Such a body may hold whole files as data URLs, so it gets the time of an upload.
  const bounds = { bytesMax: limits.bodyBytesMax, pace: UPLOAD_PACE }
  if (type === 'multipart/form-data') return readMultipart(request, options)
  if (type === 'application/json' || /^application\/[\w.-]+\+json$/.test(type)) {
    return parseJsonObject(await readText(request, clock, bounds))
  }
  if (type === 'application/x-www-form-urlencoded') {
    return fieldsOfQuery(await readText(request, clock, bounds), limits.fieldsMax)
  }
  const message = 'Send multipart/form-data, application/json or application/x-www-form-urlencoded.'
  throw new ApiError('unsupported_media_type', message, { param: 'Content-Type' })
}

function fieldsOfQuery(text: string, fieldsMax: number): Record<string, unknown> {
  const tree = new FormTree<string>()
  let count = 0
  for (const [name, value] of new URLSearchParams(text)) {
    count += 1
    if (count > fieldsMax) throw new ApiError('invalid_form', `Send at most ${fieldsMax} form fields.`)
    tree.add(name, value)
  }
  return tree.toObject()
}
