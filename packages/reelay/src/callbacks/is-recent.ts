/** How far the clocks of a provider and of this machine may be apart, and how long a callback may be on its way. */
const TOLERANCE_MS = 300_000

/**
 * Whether a callback was signed within five minutes of now: an older one may be a copy that somebody kept.
 *
 * @param seconds Unix seconds, as a header has them
 */
export function isRecent(seconds: string, nowMs: number): boolean {
  return /^\d{1,11}$/.test(seconds) && isRecentMs(Number(seconds) * 1_000, nowMs)
}

/** The same for a time in epoch milliseconds; a time that could not be read is NaN, and not recent. */
export const isRecentMs = (atMs: number, nowMs: number): boolean => Math.abs(nowMs - atMs) <= TOLERANCE_MS
