import { invalidValue } from './api-error.ts'

const SECONDS_MIN = 60
const SECONDS_MAX = 10 * 365 * 86_400

export type KeyExpiry = { expires_in?: number | undefined; expires_at?: number | undefined }

/**
 * When a new key ends, in epoch milliseconds; null: never.
 * @throws ApiError `invalid_value`
 */
export function expiryOf(
  { expires_in: inSeconds, expires_at: atSeconds }: KeyExpiry,
  nowMs: number,
): number | null {
  if (inSeconds !== undefined && atSeconds !== undefined)
    throw invalidValue('expires_at', 'Give expires_in or expires_at, not both.')
  if (inSeconds !== undefined) return nowMs + bounded('expires_in', inSeconds, inSeconds) * 1_000
  if (atSeconds === undefined) return null
  bounded('expires_at', atSeconds, atSeconds - Math.floor(nowMs / 1_000))
  return atSeconds * 1_000
}

function bounded(param: string, value: number, seconds: number): number {
  if (seconds >= SECONDS_MIN && seconds <= SECONDS_MAX) return value
  const from = param === 'expires_at' ? ' from now (unix seconds)' : ''
  throw invalidValue(param, `${param} must be ${SECONDS_MIN} to ${SECONDS_MAX} seconds${from}.`)
}
