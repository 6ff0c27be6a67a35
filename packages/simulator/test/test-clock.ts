import type { Clock } from '../src/clock.ts'

interface Sleeper {
  readonly atMs: number
  readonly wake: () => void
}

/** A clock that stands still until `advance` is called. Sleepers wake in the order of their times. */
export class TestClock implements Clock {
  #nowMs: number
  #sleepers: Sleeper[] = []
  readonly #watchers: (() => void)[] = []

  constructor(nowMs = 1_790_000_000_000) {
    this.#nowMs = nowMs
  }

  nowMs(): number {
    return this.#nowMs
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted === true || ms <= 0) return resolve()
      const sleeper: Sleeper = { atMs: this.#nowMs + ms, wake: resolve }
      this.#sleepers.push(sleeper)
      const leave = (): void => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper)
        resolve()
      }
      signal?.addEventListener('abort', leave, { once: true })
      for (const watcher of this.#watchers.splice(0)) watcher()
    })
  }

  /** Resolves as soon as somebody sleeps until exactly so many milliseconds from now. */
  async untilSleeping(ms: number): Promise<void> {
    while (!this.#sleepers.some((sleeper) => sleeper.atMs === this.#nowMs + ms)) {
      await new Promise<void>((resolve) => this.#watchers.push(resolve))
    }
  }

  advance(ms: number): void {
    this.#nowMs += ms
    const due = this.#sleepers
      .filter((sleeper) => sleeper.atMs <= this.#nowMs)
      .toSorted((a, b) => a.atMs - b.atMs)
    this.#sleepers = this.#sleepers.filter((sleeper) => sleeper.atMs > this.#nowMs)
    for (const sleeper of due) sleeper.wake()
  }
}
