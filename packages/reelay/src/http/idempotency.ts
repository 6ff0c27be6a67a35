import { ApiError } from './api-error.ts'

/** How long an `Idempotency-Key` is remembered. */
export const KEY_TTL_MS: number = 24 * 3_600_000

/** How long the retry of a client that counts its retries, and sends no key, can join the request before it. */
export const CLIENT_RETRY_WINDOW_MS: number = 600_000

const KEY_LENGTH_MAX = 255

/**
 * The key that a header carries: quoted, as its draft standard says, or bare, as everybody sends it.
 * @throws ApiError `invalid_value`
 */
export function idempotencyKeyOf(header: string | null): string | null {
  if (header === null) return null
  const quoted = /^"((?:[^"\\]|\\["\\])*)"$/.exec(header.trim())?.[1]
  const key = quoted === undefined ? header.trim() : quoted.replaceAll(/\\(["\\])/g, '$1')
  if (key.length > 0 && key.length <= KEY_LENGTH_MAX && /^[\x20-\x7e]+$/.test(key)) return key
  const message = `Idempotency-Key must be 1 to ${KEY_LENGTH_MAX} printable ASCII characters, for instance a UUID.`
  throw new ApiError('invalid_value', message, { param: 'Idempotency-Key' })
}

/** Which try of the same call this is, from 0, as clients of OpenAI's family count it; null when nobody counts. */
export function clientAttemptOf(header: string | null): number | null {
  return header !== null && /^\d{1,3}$/.test(header.trim()) ? Number(header) : null
}
