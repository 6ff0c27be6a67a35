import type { Clock } from './clock.ts'

type Sleeper = { atMs: number; wake: () => void }

/** A clock that stands still until `advance` is called. Sleepers wake in the order of their times. */
export class TestClock implements Clock {
  #nowMs: number
  #monotonicMs = 0
  #sleepers: Sleeper[] = []
  readonly #watchers: (() => void)[] = []

  constructor(startMs = 1_790_000_000_000) {
    this.#nowMs = startMs
  }

  nowMs(): number {
    return this.#nowMs
  }

  monotonicMs(): number {
    return this.#monotonicMs
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted || ms <= 0) return resolve()
      const sleeper: Sleeper = { atMs: this.#nowMs + ms, wake: resolve }
      this.#sleepers.push(sleeper)
      signal?.addEventListener(
        'abort',
        () => {
          this.#sleepers = this.#sleepers.filter((other) => other !== sleeper)
          resolve()
        },
        { once: true },
      )
      for (const watcher of this.#watchers.splice(0)) watcher()
    })
  }

  /** How many callers sleep now. */
  get sleeping(): number {
    return this.#sleepers.length
  }

  /** When the next sleeper wakes, or undefined when nobody sleeps. */
  get nextWakeMs(): number | undefined {
    return this.#sleepers.reduce<number | undefined>(
      (least, sleeper) => (least === undefined || sleeper.atMs < least ? sleeper.atMs : least),
      undefined,
    )
  }

  /** Resolves as soon as somebody sleeps: a latch for tests, instead of waiting real time. */
  async untilSleeping(): Promise<void> {
    if (this.#sleepers.length === 0) await new Promise<void>((resolve) => this.#watchers.push(resolve))
  }

  /** Somebody sets the wall clock: durations and sleepers do not notice. */
  setWall(byMs: number): void {
    this.#nowMs += byMs
    for (const sleeper of this.#sleepers) sleeper.atMs += byMs
  }

  advance(ms: number): void {
    const targetMs = this.#nowMs + ms
    this.#monotonicMs += ms
    this.#nowMs = targetMs
    const due = this.#sleepers
      .filter((sleeper) => sleeper.atMs <= targetMs)
      .toSorted((a, b) => a.atMs - b.atMs)
    this.#sleepers = this.#sleepers.filter((sleeper) => sleeper.atMs > targetMs)
    for (const sleeper of due) sleeper.wake()
  }
}
