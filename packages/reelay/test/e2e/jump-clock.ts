import { systemClock, type Clock } from '../../src/system/clock.ts'

/** The system's clock, which a test can set ahead: whoever sleeps less than that wakes at once. */
export class JumpClock implements Clock {
  #aheadMs = 0
  readonly #sleepers = new Set<{ untilMs: number; wake: AbortController }>()

  nowMs(): number {
    return systemClock.nowMs() + this.#aheadMs
  }

  monotonicMs(): number {
    return systemClock.monotonicMs() + this.#aheadMs
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const sleeper = { untilMs: this.nowMs() + ms, wake: new AbortController() }
    this.#sleepers.add(sleeper)
    const woken = signal === undefined ? sleeper.wake.signal : AbortSignal.any([signal, sleeper.wake.signal])
    try {
      await systemClock.sleep(ms, woken)
    } finally {
      this.#sleepers.delete(sleeper)
    }
  }

  jump(ms: number): void {
    this.#aheadMs += ms
    const nowMs = this.nowMs()
    for (const { untilMs, wake } of this.#sleepers) if (untilMs <= nowMs) wake.abort()
  }
}
