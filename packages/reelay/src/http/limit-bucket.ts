const MINUTE_MS = 60_000
/** What adding up fractions may lose. */
const ROUNDING = 1e-9

/**
 * A token bucket that holds one minute's worth, and at least one token. It starts full. Its rate is given with each draw,
 * because limits change while it is in use.
 */
export class LimitBucket {
  #tokens = Infinity
  #filledAtMs = 0

  /**
   * Draws one token.
   * @param perMinute tokens that come back in a minute
   * @param nowMs of a monotonic clock
   * @returns 0 when it was drawn, else the milliseconds until there is one; Infinity when there never is
   */
  take(perMinute: number, nowMs: number): number {
    const capacity = perMinute > 0 ? Math.max(1, perMinute) : 0
    const gained = (Math.max(0, nowMs - this.#filledAtMs) * perMinute) / MINUTE_MS
    this.#tokens = Math.min(capacity, this.#tokens + gained)
    this.#filledAtMs = nowMs
    if (this.#tokens >= 1 - ROUNDING) {
      this.#tokens = Math.max(0, this.#tokens - 1)
      return 0
    }
    return perMinute > 0 ? Math.max(1, Math.ceil(((1 - this.#tokens) * MINUTE_MS) / perMinute)) : Infinity
  }
}
