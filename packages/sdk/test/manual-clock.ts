import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../src/clock.ts'

type Sleeper = { atMs: number; wake: () => void }
type Watcher = { withinMs: number; resolve: () => void }

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  #nowMs = 1_790_000_000_000
  #sleepers: Sleeper[] = []
  #watchers: Watcher[] = []

  nowMs(): number {
    return this.#nowMs
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted || ms <= 0) return resolve()
      const sleeper: Sleeper = { atMs: this.#nowMs + ms, wake: resolve }
      this.#sleepers.push(sleeper)
      const onAbort = (): void => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper)
        resolve()
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#notify()
    })
  }

  get sleeping(): number {
    return this.#sleepers.length
  }

  /** A latch: resolves once somebody sleeps who wakes within so many milliseconds from now. */
  untilSleeperWithin(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#watchers.push({ withinMs, resolve })
      this.#notify()
    })
  }

  /** Moves to the moment at which the next sleeper wakes. */
  advanceToNext(): void {
    if (this.#sleepers.length === 0) throw new Error('nobody sleeps: the work waits for something else')
    this.advance(Math.min(...this.#sleepers.map(({ atMs }) => atMs)) - this.#nowMs)
  }

  advance(ms: number): void {
    this.#nowMs += ms
    const due = this.#sleepers.filter(({ atMs }) => atMs <= this.#nowMs)
    this.#sleepers = this.#sleepers.filter(({ atMs }) => atMs > this.#nowMs)
    for (const sleeper of due.toSorted((a, b) => a.atMs - b.atMs)) sleeper.wake()
  }

  /** As a system clock that was set back: sleepers keep their durations. */
  jumpBack(ms: number): void {
    this.#nowMs -= ms
    for (const sleeper of this.#sleepers) sleeper.atMs -= ms
  }

  #notify(): void {
    const isNear = ({ withinMs }: Watcher): boolean =>
      this.#sleepers.some(({ atMs }) => atMs - this.#nowMs <= withinMs)
    const ready = this.#watchers.filter(isNear)
    this.#watchers = this.#watchers.filter((watcher) => !ready.includes(watcher))
    for (const { resolve } of ready) resolve()
  }
}

const STEPS_MAX = 20_000

/**
 * Lets `work` run to its end, moving the clock to the next wake-up whenever nothing else is left to do. For
 * work that waits for nothing real: a turn of the event loop then runs all of it up to its next sleep.
 */
export async function drive<T>(clock: ManualClock, work: Promise<T>): Promise<T> {
  let isSettled = false
  const settle = (): void => {
    isSettled = true
  }
  work.then(settle, settle)
  for (let steps = 0; steps < STEPS_MAX; steps += 1) {
    await setImmediate()
    if (isSettled) return work
    clock.advanceToNext()
  }
  throw new Error(`not settled after ${STEPS_MAX} pauses`)
}
