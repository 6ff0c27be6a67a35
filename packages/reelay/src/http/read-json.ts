import type { z } from 'zod'
import { ApiError, invalidValue } from './api-error.ts'
import type { Exchange } from './exchange.ts'
import { parseJsonObject } from './parse-json.ts'
import { readText, SMALL_BODY_PACE, type BodyBounds } from './read-body.ts'

/** These routes take a handful of short fields; a create has a limit of its own. */
const BODY_BOUNDS: BodyBounds = { bytesMax: 64 * 1024, pace: SMALL_BODY_PACE }

/**
 * A JSON body that fits a schema.
 * @throws ApiError naming the first field that does not fit
 */
export async function readJson<T>(exchange: Exchange, schema: z.ZodType<T>): Promise<T> {
  const { clock } = exchange.shared
  const type = (exchange.request.headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase()
  if (type !== 'application/json') {
    throw new ApiError('unsupported_media_type', 'Send application/json.', { param: 'Content-Type' })
  }
  const body = parseJsonObject(await readText(exchange.request, clock, BODY_BOUNDS))
  const result = schema.safeParse(body)
  if (result.success) return result.data
  const [issue] = result.error.issues
  if (issue === undefined) throw new ApiError('invalid_request', 'The body is not what this route takes.')
  if (issue.code === 'unrecognized_keys') {
    const name = issue.keys[0] ?? ''
    throw new ApiError('unknown_parameter', `${name.slice(0, 80)} is not a parameter of this route.`, {
      param: name.slice(0, 80),
    })
  }
  const param = issue.path.map(String).join('.').slice(0, 80)
  if (issue.code === 'invalid_type' && valueAt(body, issue.path) === undefined) {
    throw new ApiError('missing_required_parameter', `${param} is required.`, { param })
  }
  throw invalidValue(param, `${param}: ${issue.message}.`)
}

const valueAt = (body: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (value, name) => (typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined),
    body,
  )
