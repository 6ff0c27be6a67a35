import type { Clock } from '../../system/clock.ts'

/** A reading that took longer says too little of when it was made, as long as there is a better one. */
const READING_MS_MAX = 100
/** What is taken instead when there was no better one for so long, on a slow way to the database for instance. */
const SLOW_READING_MS_MAX = 2_000
const OUTDATED_MS = 10_000

/**
 * The database's time of day, as the last transactions told it. Replicas whose own clocks differ agree on it, so that none
 * takes another's task early. Between two readings it goes by the monotonic clock: this machine's time of day may be set.
 */
export class DatabaseClock implements Clock {
  readonly #clock: Clock
  /** What to add to the monotonic clock; undefined until the database was asked. */
  #offsetMs: number | undefined
  #readAtMs = -Infinity

  constructor(clock: Clock) {
    this.#clock = clock
  }

  nowMs(): number {
    if (this.#offsetMs === undefined) return this.#clock.nowMs()
    return Math.round(this.#clock.monotonicMs() + this.#offsetMs)
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs()
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.#clock.sleep(ms, signal)
  }

  /** The database said that time, in answer to a question that was sent at `askedAtMs` of the monotonic clock. */
  learn(databaseNowMs: number, askedAtMs: number): void {
    const answeredAtMs = this.#clock.monotonicMs()
    const tookMs = answeredAtMs - askedAtMs
    if (tookMs > this.#tookMsMax(answeredAtMs)) return
    this.#offsetMs = databaseNowMs + tookMs / 2 - answeredAtMs
    this.#readAtMs = answeredAtMs
  }

  #tookMsMax(nowMs: number): number {
    if (this.#offsetMs === undefined) return Infinity
    return nowMs - this.#readAtMs > OUTDATED_MS ? SLOW_READING_MS_MAX : READING_MS_MAX
  }
}
