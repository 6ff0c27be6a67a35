const PAUSE_MIN_MS = 1_000
const PAUSE_MAX_MS = 10 * 60_000

/**
 * How long a `Retry-After` header asks to wait, in milliseconds, kept between 1 s and 10 min; null when there is none
 * that can be read.
 *
 * @param value whole seconds or an HTTP date.
 */
export function readRetryAfter(value: string | undefined, nowMs: number): number | null {
  const text = value?.trim() ?? ''
  const waitMs = /^\d{1,9}$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - nowMs
  if (Number.isNaN(waitMs)) return null
  return Math.min(Math.max(waitMs, PAUSE_MIN_MS), PAUSE_MAX_MS)
}
