import { retryAfterMs } from '../net/retry-after.ts'

const PAUSE_MIN_MS = 1_000
const PAUSE_MAX_MS = 10 * 60_000

/** What a provider's `Retry-After` header asks for, kept between 1 s and 10 min; null when there is none to be read. */
export function readRetryAfter(value: string | undefined, nowMs: number): number | null {
  const waitMs = retryAfterMs(value, nowMs)
  return waitMs === null ? null : Math.min(Math.max(waitMs, PAUSE_MIN_MS), PAUSE_MAX_MS)
}
