/** No server is asked more often than this while waiting, whatever it answers. */
export const REQUEST_GAP_MS_MIN = 500

/** A server that asks for a longer pause than this gets this one. */
const PAUSE_MS_MAX = 60_000

const BACKOFF_MS_FIRST = 500
const BACKOFF_MS_MAX = 30_000

/**
 * Pause before attempt `failures + 1`, in milliseconds: doubling, with jitter downwards, never under the
 * minimum gap.
 * @param random a number in [0, 1)
 */
export function backoffMs(failures: number, random: number): number {
  const full = Math.min(BACKOFF_MS_FIRST * 2 ** Math.min(failures, 20), BACKOFF_MS_MAX)
  return Math.max(REQUEST_GAP_MS_MIN, Math.round(full * (0.5 + random / 2)))
}

/** `Retry-After` in milliseconds (seconds or an HTTP date), or null. `retry-after-ms` wins, being finer. */
export function retryAfterMs(headers: Headers, nowMs: number): number | null {
  const fine = positiveNumber(headers.get('retry-after-ms'))
  if (fine !== null) return fine
  const text = headers.get('retry-after')?.trim()
  if (!text) return null
  const seconds = positiveNumber(text)
  if (seconds !== null) return seconds * 1000
  const atMs = Date.parse(text)
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - nowMs)
}

/**
 * When the server wants the next look, in milliseconds from now within the allowed bounds; null when it does
 * not say.
 */
export function pollAfterMs(headers: Headers, nowMs: number): number | null {
  const ms = positiveNumber(headers.get('openai-poll-after-ms')) ?? retryAfterMs(headers, nowMs)
  return ms === null ? null : boundedPauseMs(ms)
}

export const boundedPauseMs = (ms: number): number => Math.min(Math.max(ms, REQUEST_GAP_MS_MIN), PAUSE_MS_MAX)

/** True when the server says that it held the answer back as `Prefer: wait=N` asked. */
export const heldAnswer = (headers: Headers): boolean =>
  /(^|[,;\s])wait\b/i.test(headers.get('preference-applied') ?? '')

function positiveNumber(text: string | null): number | null {
  if (text === null || !/^\s*\d+(\.\d+)?\s*$/.test(text)) return null
  return Number(text)
}
