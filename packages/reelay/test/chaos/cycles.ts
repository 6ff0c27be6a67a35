import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../src/system/clock.ts'
import type { Kill } from '../replicas/audit.ts'
import type { Replica, StartingReplica } from '../replicas/fleet.ts'
import { seededNumbers } from '../support/seeded-numbers.ts'
import type { Load } from './load.ts'
import type { ChaosFleet, Nemesis } from './nemesis.ts'
import { pickOf, seedOf, type ChaosHooks, type ChaosOptions, type StoreKind } from './options.ts'
import type { Targets } from './targets.ts'

/** A kill comes so long, at most, after the answer that it waited for: up to all of the work that follows from it. */
const DELAY_MS_MAX = 400
/** It does not wait longer for that answer. */
const MOMENT_MS_MAX = 5_000
/** Of processes that take the place of a killed one: killed before they serve, within so long. */
const KILLED_STARTING_SHARE = 0.1
const STARTING_MS_MAX = 300
/** Of processes: those that make posters, which takes a process more. */
const STILLS_SHARE = 0.1
/** Nothing waits longer for an answer, a provider's or the database's, so that silence is met within a cycle or two. */
const SLEEP_MS_MAX: Readonly<Record<StoreKind, number>> = { sqlite: 1_500, postgres: 3_000 }
/** A process that cannot reach its database in time ends, and is started again. One with a file always starts. */
const STARTS_MAX: Readonly<Record<StoreKind, number>> = { sqlite: 1, postgres: 5 }
/** Of the tasks that were accepted in a cycle: looked at by the next process. */
const LOOKS_MAX = 40

const ENVIRONMENT = {
  REELAY_LOG_LEVEL: 'silent',
  /** Where Node keeps compiled code by itself. */
  NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'),
  /** The last pause is longer than clocks are set apart: else the time of what waits would be over at once. */
  REELAY_WEBHOOK_SCHEDULE: '0s,200ms,500ms,1s,2s,2s,2s,5s,5s,24h',
}

export type CyclesParts = {
  fleet: ChaosFleet
  targets: Targets
  load: Load
  nemesis: Nemesis
  options: ChaosOptions
}

/** The processes of a run: which there are, when each ends, and what comes in its place. */
export class Cycles {
  readonly kills = { serving: 0, starting: 0 }
  failedStarts = 0
  readonly killed: Kill[] = []
  readonly #parts: CyclesParts
  /** The next one: its code is loaded, so that it takes little time to start. */
  #standby: StartingReplica | undefined
  #launched = 0
  #checked = 0

  constructor(parts: CyclesParts) {
    this.#parts = parts
  }

  get struck(): Readonly<Record<string, number>> {
    return this.#parts.nemesis.struck
  }

  /** One process that ends in order writes its compiled code down: the others, which are killed, start sooner by it. */
  async warmUp(): Promise<void> {
    const { gateway } = await this.#parts.fleet.start(this.#environment())
    await gateway.stop()
  }

  /** As many processes as there are to be at a time. */
  async begin(): Promise<void> {
    for (let started = 0; started < this.#parts.options.replicas; started += 1) await this.#startOne()
  }

  /** Answers how many cycles there were. */
  async run({ onCycle, signal }: ChaosHooks): Promise<number> {
    const { options, load } = this.#parts
    for (let cycle = 0; cycle < options.cycles; cycle += 1) {
      if (signal?.aborted === true || load.faults.length > 0) return cycle
      onCycle?.(cycle)
      await this.#runOne(cycle)
    }
    return options.cycles
  }

  async #runOne(cycle: number): Promise<void> {
    const { options, load, nemesis, targets } = this.#parts
    const random = seededNumbers(seedOf(options.seed, 'cycle', cycle))
    const upTo = (cycles: number): number => Math.floor((options.tasks * cycles) / options.cycles)
    load.allowUpTo(upTo(cycle + 1))
    const before = upTo(cycle)
    const answers = before + Math.floor(random() * (upTo(cycle + 1) - before + 1))
    await load.untilAccepted(answers, MOMENT_MS_MAX)
    await systemClock.sleep(random() * DELAY_MS_MAX)
    const heal = await nemesis.strike(targets.live, random)
    const isHealedFirst = random() < 0.5
    if (isHealedFirst) await heal()
    const victim = options.faults.includes('kill') ? await this.#killOne(random) : undefined
    if (!isHealedFirst) await heal()
    if (victim === undefined) return
    await this.#noteKill(victim)
    await this.#replace(random)
    await this.#lookAtNew()
  }

  async #killOne(random: () => number): Promise<Replica> {
    const { targets } = this.#parts
    const victim = pickOf(targets.live, random)
    targets.remove(victim)
    await victim.gateway.kill()
    this.kills.serving += 1
    return victim
  }

  async #noteKill({ owner }: Replica): Promise<void> {
    const { database } = this.#parts.fleet
    if (database.kind === 'postgres') this.killed.push({ owner, atMs: await database.audit.nowMs() })
  }

  async #replace(random: () => number): Promise<void> {
    while (random() < KILLED_STARTING_SHARE) {
      const { process } = this.#letBegin()
      await systemClock.sleep(random() * STARTING_MS_MAX)
      await process.kill()
      this.kills.starting += 1
    }
    await this.#startOne()
  }

  async #startOne(): Promise<void> {
    const startsMax = STARTS_MAX[this.#parts.options.store]
    for (let starts = 1; ; starts += 1) {
      const { owner, process } = this.#letBegin()
      try {
        const gateway = await process.ready()
        return this.#parts.targets.add({ owner, gateway })
      } catch (error) {
        if (starts >= startsMax) throw error
        this.failedStarts += 1
      }
    }
  }

  /** The next one goes on, and the one after it loads its code meanwhile. */
  #letBegin(): StartingReplica {
    const next = this.#standby ?? this.#launch()
    next.process.tell({ do: 'set-wall', aheadMs: this.#parts.nemesis.wallMs })
    next.process.tell({ do: 'begin' })
    this.#standby = this.#launch()
    return next
  }

  #launch(): StartingReplica {
    const random = seededNumbers(seedOf(this.#parts.options.seed, 'process', this.#launched))
    this.#launched += 1
    const stills = random() < STILLS_SHARE ? 'on' : 'off'
    return this.#parts.fleet.launch({ ...this.#environment(), STANDBY: 'on', STILLS: stills })
  }

  #environment(): Readonly<Record<string, string>> {
    return { ...ENVIRONMENT, SLEEP_MS_MAX: String(SLEEP_MS_MAX[this.#parts.options.store]) }
  }

  /** What was accepted since the last look is still there. */
  async #lookAtNew(): Promise<void> {
    const { load } = this.#parts
    const ids = load.idsFrom(this.#checked)
    this.#checked += ids.length
    for (const id of ids.slice(-LOOKS_MAX)) await load.read(id)
  }

  /** Lets every process come to a clean end. */
  async stopAll(): Promise<void> {
    const { targets } = this.#parts
    const live = [...targets.live]
    for (const replica of live) targets.remove(replica)
    await Promise.all(live.map(({ gateway }) => gateway.stop()))
    await this.#standby?.process.kill()
    this.#standby = undefined
  }
}
