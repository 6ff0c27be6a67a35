import type { Clock } from '../../system/clock.ts'
import { DRIFT_MS_MAX } from '../sql/follow-clock.ts'

/** Sees that the wall clock was set: it moved otherwise than the monotonic one. A machine that slept looks like that too. */
export class WallClockWatch {
  readonly #clock: Clock
  #offsetMs: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#offsetMs = this.#currentMs()
  }

  /** How far it was set since it was last followed, negative for back; 0 when it was not. */
  movedMs(): number {
    const movedMs = Math.round(this.#currentMs() - this.#offsetMs)
    return Math.abs(movedMs) > DRIFT_MS_MAX ? movedMs : 0
  }

  /** That much of the difference is dealt with. */
  follow(movedMs: number): void {
    this.#offsetMs += movedMs
  }

  #currentMs(): number {
    return this.#clock.nowMs() - this.#clock.monotonicMs()
  }
}
