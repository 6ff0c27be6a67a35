import type { Clock } from '../system/clock.ts'

/** When a loop looks again: the earliest of what it planned and what others told it meanwhile. */
export class Alarm {
  readonly #clock: Clock
  #earliestMs = Infinity
  #sleeping: { untilMs: number; wake: AbortController } | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Before a scan: what was expected until now is about to be seen. */
  reset(): void {
    this.#earliestMs = Infinity
  }

  /** Something is due at that time. Remembered when nobody sleeps. */
  expect(atMs: number): void {
    this.#earliestMs = Math.min(this.#earliestMs, atMs)
    if (this.#sleeping !== undefined && atMs < this.#sleeping.untilMs) this.#sleeping.wake.abort()
  }

  async sleepUntil(plannedMs: number): Promise<void> {
    const untilMs = Math.min(plannedMs, this.#earliestMs)
    const pauseMs = untilMs - this.#clock.nowMs()
    if (pauseMs <= 0) return
    const wake = new AbortController()
    this.#sleeping = { untilMs, wake }
    await this.#clock.sleep(pauseMs, wake.signal)
    this.#sleeping = undefined
  }
}
