/** Time as the rest of the code sees it: passed in everywhere, so that tests own it. */
export interface Clock {
  /** Wall clock, milliseconds since the epoch. For stored times and deadlines. */
  nowMs(): number
  /** Monotonic milliseconds with an arbitrary origin. For lease ages and durations, which a wall-clock jump must not change. */
  monotonicMs(): number
  /** Resolves after `ms`, or at once when `signal` aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** Longest delay that `setTimeout` takes before it overflows to 1 ms. */
const TIMER_MAX_MS = 2_147_483_647

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      const finish = (): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', finish)
        resolve()
      }
      const timer = setTimeout(finish, Math.min(Math.max(0, ms), TIMER_MAX_MS))
      signal?.addEventListener('abort', finish, { once: true })
    }),
}
