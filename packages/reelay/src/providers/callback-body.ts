import { isRecord, textOf, type JsonRecord } from '../system/json.ts'
import type { CallbackReading, RawCallback } from './provider.ts'
import { jsonOf } from './upstream.ts'

/** Ids are short; whatever is longer, or has characters that no id has, names no job. */
const JOB_ID = /^[^\p{Cc}\s]{1,256}$/u

/** Not every provider says that it sends JSON. */
const NO_HEADERS: ReadonlyMap<string, string> = new Map()

/**
 * The object that a callback carries. An empty one for everything else (bytes that are no UTF-8, no JSON, a list): such a
 * callback says that something happened, and no more.
 */
export function callbackBody({ body }: RawCallback): JsonRecord {
  try {
    const value = jsonOf(NO_HEADERS, new TextDecoder('utf-8', { fatal: true }).decode(body))
    return isRecord(value) ? value : {}
  } catch {
    return {}
  }
}

/**
 * What a status is a reason for. Callbacks and looks spell the same word differently at some providers, so its case does
 * not count.
 *
 * @param ended the provider's words for the end, in lower case
 */
export function callbackHint(status: unknown, ended: readonly string[]): CallbackReading['hint'] {
  return ended.includes((textOf(status) ?? '').trim().toLowerCase()) ? 'ended' : 'moved'
}

/** The id in a callback, when it can be one; null when not. An id that JSON could not carry exactly is none. */
export function callbackJobId(value: unknown): string | null {
  const id = textOf(value)
  return id !== null && JOB_ID.test(id) ? id : null
}
