import { systemClock, type Clock } from '../../src/system/clock.ts'

/** The system's clock, which a test can set ahead: whoever sleeps less than that wakes at once. */
export class JumpClock implements Clock {
  #aheadMs = 0
  #wallMs: number
  readonly #sleepers = new Set<{ untilMs: number; wake: AbortController }>()

  /** @param wallMs how far the wall clock alone is ahead of the system's */
  constructor(wallMs = 0) {
    this.#wallMs = wallMs
  }

  nowMs(): number {
    return systemClock.nowMs() + this.#aheadMs + this.#wallMs
  }

  monotonicMs(): number {
    return systemClock.monotonicMs() + this.#aheadMs
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const sleeper = { untilMs: this.monotonicMs() + ms, wake: new AbortController() }
    this.#sleepers.add(sleeper)
    const woken = signal === undefined ? sleeper.wake.signal : AbortSignal.any([signal, sleeper.wake.signal])
    try {
      await systemClock.sleep(ms, woken)
    } finally {
      this.#sleepers.delete(sleeper)
    }
  }

  /** So much time passes at once. */
  jump(ms: number): void {
    this.#aheadMs += ms
    const nowMs = this.monotonicMs()
    for (const { untilMs, wake } of this.#sleepers) if (untilMs <= nowMs) wake.abort()
  }

  /** Somebody sets the wall clock, to so much ahead of the system's: no time passes, and nobody wakes. */
  setWall(aheadMs: number): void {
    this.#wallMs = aheadMs
  }
}
