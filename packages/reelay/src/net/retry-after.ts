/**
 * How long a `Retry-After` header asks to wait, in milliseconds: negative for a date that is over; null when there is
 * none that can be read.
 *
 * @param value whole seconds or an HTTP date (RFC 9110, 10.2.3).
 */
export function retryAfterMs(value: string | undefined, nowMs: number): number | null {
  const text = value?.trim() ?? ''
  const waitMs = /^\d{1,9}$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - nowMs
  return Number.isNaN(waitMs) ? null : waitMs
}
