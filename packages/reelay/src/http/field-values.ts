import { invalidValue } from './api-error.ts'
import { isObject, parseJson, type JsonObject } from './parse-json.ts'

/**
 * A field as it came: the name under which it was sent is the one that messages use. Forms know only text, and an empty
 * form field means what an absent one means.
 */
export type Field = { name: string; value: unknown }

const isEmpty = (value: unknown): boolean => typeof value === 'string' && value.trim() === ''

const given = (field: Field | undefined): field is Field => field !== undefined && !isEmpty(field.value)

/** @throws ApiError `invalid_value` */
export function textOf(field: Field | undefined, charactersMax: number): string | null {
  if (!given(field)) return null
  if (typeof field.value !== 'string')
    throw invalidValue(field.name, `${field.name} must be text, given once.`)
  if (field.value.length <= charactersMax) return field.value
  throw invalidValue(field.name, `${field.name} is longer than ${charactersMax} characters.`)
}

/** A whole number, from JSON or from a form. @throws ApiError `invalid_value` */
export function integerOf(field: Field | undefined, range: { min: number; max: number }): number | null {
  if (!given(field)) return null
  const { name, value } = field
  const number = typeof value === 'string' && /^\s*-?\d{1,16}\s*$/.test(value) ? Number(value) : value
  if (
    typeof number === 'number' &&
    Number.isSafeInteger(number) &&
    number >= range.min &&
    number <= range.max
  ) {
    return number
  }
  throw invalidValue(name, `${name} must be a whole number from ${range.min} to ${range.max}.`)
}

/** @throws ApiError `invalid_value` */
export function booleanOf(field: Field | undefined): boolean | null {
  if (!given(field)) return null
  const word = typeof field.value === 'string' ? field.value.trim().toLowerCase() : field.value
  if (word === true || word === 'true' || word === '1' || word === 'on') return true
  if (word === false || word === 'false' || word === '0' || word === 'off') return false
  throw invalidValue(field.name, `${field.name} must be true or false.`)
}

/** A length in seconds as decimal text. @throws ApiError `invalid_value` */
export function secondsOf(field: Field | undefined): string | null {
  if (!given(field)) return null
  const text = typeof field.value === 'number' ? String(field.value) : field.value
  if (typeof text === 'string' && /^\s*\d{1,6}(\.\d{1,6})?\s*$/.test(text) && Number(text) > 0) {
    return String(Number(text))
  }
  throw invalidValue(field.name, `${field.name} must be a positive number of seconds, for instance 5.`)
}

/** An object, or JSON text of one. @throws ApiError `invalid_value` */
export function objectOf(field: Field | undefined, bytesMax: number): JsonObject | null {
  if (!given(field)) return null
  const { name, value } = field
  const object = typeof value === 'string' ? parsed(name, value) : value
  if (!isObject(object)) throw invalidValue(name, `${name} must be an object, or its JSON text.`)
  let text: string
  try {
    text = JSON.stringify(object)
  } catch {
    throw invalidValue(name, `${name} cannot be written as JSON.`)
  }
  if (Buffer.byteLength(text) <= bytesMax) return object
  throw invalidValue(name, `${name} is larger than ${bytesMax} bytes of JSON.`)
}

function parsed(name: string, text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    throw invalidValue(name, `${name} must be an object, or its JSON text.`)
  }
}
