import { systemClock } from '../../src/system/clock.ts'
import { fillDisk, freeDisk } from '../support/small-disk.ts'
import type { Fleet, Replica } from '../replicas/fleet.ts'
import type { PostgresDatabase, SqliteDatabase } from '../replicas/fleet-database.ts'
import { pickOf, type Fault } from './options.ts'

/** Of cycles: something happens besides the kill. */
const STRUCK_SHARE = 0.3
const STRUCK_MS_MAX = 800
const HOUR_MS = 3_600_000
/** Less than a day apart: Idempotency-Keys live that long. */
const WALL_MS: readonly number[] = [-12 * HOUR_MS, -HOUR_MS, 0, HOUR_MS, 6 * HOUR_MS]
/** Longer than a provider may take to answer. */
const JUMP_MS = 130_000

type Strike = Extract<Fault, 'stop' | 'disk' | 'clock' | 'store'>

/** What strikes a process, its store or its disk: one of them in a cycle at most. */
const STRIKES: readonly Strike[] = ['stop', 'disk', 'clock', 'store']

export type ChaosFleet = Fleet<SqliteDatabase | PostgresDatabase>

const nothing = (): Promise<void> => Promise.resolve()

/** Does things to the processes of a fleet, and to what they stand on. */
export class Nemesis {
  readonly struck: Record<Strike, number> = { stop: 0, disk: 0, clock: 0, store: 0 }
  readonly #fleet: ChaosFleet
  readonly #strikes: readonly Strike[]
  #wallMs = 0

  constructor(fleet: ChaosFleet, faults: readonly Fault[]) {
    this.#fleet = fleet
    this.#strikes = STRIKES.filter((strike) => faults.includes(strike))
  }

  /** How far ahead the wall clock of every process is now. */
  get wallMs(): number {
    return this.#wallMs
  }

  /** In some cycles. Answers how to end it. */
  async strike(live: readonly Replica[], random: () => number): Promise<() => Promise<void>> {
    if (this.#strikes.length === 0 || random() >= STRUCK_SHARE) return nothing
    const strike = pickOf(this.#strikes, random)
    this.struck[strike] += 1
    switch (strike) {
      case 'stop':
        return this.#stop(pickOf(live, random), random)
      case 'disk':
        return this.#fill(random)
      case 'clock':
        return this.#setClocks(live, random)
      case 'store':
        return this.#stopStore(random)
    }
  }

  async #stop({ gateway }: Replica, random: () => number): Promise<() => Promise<void>> {
    gateway.pause()
    await systemClock.sleep(this.#fleet.leaseMs * (1 + random() / 2))
    return () => Promise.resolve(gateway.continue())
  }

  async #fill(random: () => number): Promise<() => Promise<void>> {
    const { directory } = this.#fleet
    await fillDisk(directory)
    await systemClock.sleep(random() * STRUCK_MS_MAX)
    return () => freeDisk(directory)
  }

  async #setClocks(live: readonly Replica[], random: () => number): Promise<() => Promise<void>> {
    if (random() < 0.5) {
      for (const { gateway } of live) gateway.tell({ do: 'jump', ms: JUMP_MS })
    } else {
      this.#wallMs = pickOf(WALL_MS, random)
      for (const { gateway } of live) gateway.tell({ do: 'set-wall', aheadMs: this.#wallMs })
    }
    await systemClock.sleep(random() * STRUCK_MS_MAX)
    return nothing
  }

  async #stopStore(random: () => number): Promise<() => Promise<void>> {
    const { database } = this.#fleet
    if (database.kind !== 'postgres') throw new Error('only PostgreSQL is a server that can be stopped')
    await database.postgres.stop('immediate')
    await systemClock.sleep(random() * STRUCK_MS_MAX)
    return () => database.postgres.start()
  }
}
