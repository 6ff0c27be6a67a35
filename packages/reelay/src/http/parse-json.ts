import { ApiError } from './api-error.ts'

const DEPTH_MAX = 32

/** Keys that would reach an object's prototype when copied by assignment. Nobody means anything by them. */
const IGNORED_KEYS: readonly string[] = ['__proto__', 'constructor', 'prototype']

export type JsonObject = Record<string, unknown>

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const isIgnoredKey = (key: string): boolean => IGNORED_KEYS.includes(key)

/** Removes what is dangerous and refuses what is too deep. Walks at most `DEPTH_MAX` levels. */
function clean(value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null) return
  if (depth > DEPTH_MAX)
    throw new ApiError('invalid_json', `The JSON is nested deeper than ${DEPTH_MAX} levels.`)
  if (Array.isArray(value)) {
    for (const item of value) clean(item, depth + 1)
    return
  }
  for (const key of IGNORED_KEYS) {
    if (Object.hasOwn(value, key)) Reflect.deleteProperty(value, key)
  }
  for (const item of Object.values(value)) clean(item, depth + 1)
}

/**
 * JSON text as data that is safe to walk and to copy.
 * @throws ApiError `invalid_json`
 */
export function parseJson(text: string): unknown {
  let value: unknown
  try {
    value = JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text)
  } catch (cause) {
    throw new ApiError('invalid_json', 'The request body is not valid JSON. Check its syntax.', { cause })
  }
  clean(value, 1)
  return value
}

/** @throws ApiError `invalid_json` */
export function parseJsonObject(text: string): JsonObject {
  const value = parseJson(text)
  if (isObject(value)) return value
  throw new ApiError('invalid_json', 'The request body must be a JSON object, for instance {"prompt": "…"}.')
}
