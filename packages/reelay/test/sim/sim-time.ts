import type { Clock } from '../../src/system/clock.ts'
import { TestClock } from '../../src/system/test-clock.ts'
import type { Gate } from './gate.ts'

/** Whose loops look at what is due. */
export type Looker = 'engine' | 'deliverer'

/** They look at least this often, whatever is due. */
const IDLE_MS: Readonly<Record<Looker, number>> = { engine: 1_000, deliverer: 5_000 }

type Sleep = { endsAtMs: number }
type IdleSleep = Sleep & { gate: Gate; looker: Looker; wake: () => void }

/**
 * The clock of a world. The sleep of a loop that only looks whether there is something to do ends when there is: a look
 * at nothing costs as much as one at something, and there are thousands in an hour.
 */
export class SimTime {
  readonly clock: TestClock = new TestClock()
  readonly #sleeps = new Set<Sleep>()
  readonly #idle = new Set<IdleSleep>()

  /** For what is outside of all processes. */
  readonly world: Clock = this.#view((ms, signal) => this.#sleep(ms, signal))

  clockOf(looker: Looker, gate: Gate): Clock {
    return this.#view((ms, signal) => {
      const isIdle = ms <= IDLE_MS[looker]
      return gate.through(isIdle ? this.#rest(ms, { gate, looker }, signal) : this.#sleep(ms, signal))
    })
  }

  /** For what a process does besides its loops. */
  clockThrough(gate: Gate): Clock {
    return this.#view((ms, signal) => gate.through(this.#sleep(ms, signal)))
  }

  /** Milliseconds until somebody wakes who does not only look whether there is something to do. */
  get nextMs(): number {
    return this.#leastOf(this.#sleeps)
  }

  /** Milliseconds until a loop of a process that works looks. */
  nextIdleMs(looker?: Looker): number {
    const isMeant = (sleep: IdleSleep): boolean => looker === undefined || sleep.looker === looker
    return this.#leastOf([...this.#idle].filter((sleep) => sleep.gate.isOpen && isMeant(sleep)))
  }

  /** A process that died looks no more. */
  forget(gate: Gate): void {
    for (const sleep of this.#idle) if (sleep.gate === gate) this.#idle.delete(sleep)
  }

  #leastOf(sleeps: Iterable<Sleep>): number {
    const nowMs = this.clock.monotonicMs()
    let leastMs = Infinity
    for (const { endsAtMs } of sleeps) leastMs = Math.min(leastMs, endsAtMs - nowMs)
    return leastMs
  }

  /** Loops whose sleep is over look now: those of one process, or all. */
  wakeIdle(which: { gate?: Gate | undefined; looker?: Looker } = {}): void {
    const nowMs = this.clock.monotonicMs()
    const { gate, looker } = which
    for (const sleep of this.#idle) {
      const isMeant =
        (gate === undefined || sleep.gate === gate) && (looker === undefined || sleep.looker === looker)
      if (isMeant && sleep.endsAtMs <= nowMs) sleep.wake()
    }
  }

  #view(sleep: Clock['sleep']): Clock {
    const { clock } = this
    return { nowMs: () => clock.nowMs(), monotonicMs: () => clock.monotonicMs(), sleep }
  }

  async #sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const sleep = { endsAtMs: this.clock.monotonicMs() + ms }
    this.#sleeps.add(sleep)
    await this.clock.sleep(ms, signal)
    this.#sleeps.delete(sleep)
  }

  #rest(ms: number, of: Pick<IdleSleep, 'gate' | 'looker'>, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted || ms <= 0) return resolve()
      const wake = (): void => {
        this.#idle.delete(sleep)
        signal?.removeEventListener('abort', wake)
        resolve()
      }
      const sleep: IdleSleep = { endsAtMs: this.clock.monotonicMs() + ms, ...of, wake }
      this.#idle.add(sleep)
      signal?.addEventListener('abort', wake)
    })
  }
}
