import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Store } from '../../src/store/store.ts'
import { createVault, type Vault } from '../../src/system/vault.ts'
import type { Task } from '../../src/task/task.ts'
import { atOnce } from '../support/at-once.ts'
import { openBaseStore, type BaseStore, type StoreKind } from './base-store.ts'
import { Chance, seededIds } from './chance.ts'
import type { Plan } from './commands.ts'
import { Findings } from './findings.ts'
import { intercepted } from './intercepted.ts'
import { Receivers } from './receivers.ts'
import { DELIVERY_LEASE_MS, Replica, type Account, type Surroundings } from './replica.ts'
import { SimDisk } from './sim-files.ts'
import { SimTime, type Looker } from './sim-time.ts'
import { STORE_WORKS, type StoreFault } from './store-handle.ts'
import { Upstream } from './upstream.ts'
import { Watch } from './watch.ts'
import { checkPosting, LookRate } from './watch-upstream.ts'

/** A deliverer looks at least this often. */
const PROMPT_MS = 5_000

const LOOKERS: readonly Looker[] = ['engine', 'deliverer']
/** What was refused is tried again within a second. */
const TRY_AGAIN_MS = 1_100
/** Without a store nothing is claimed; whoever holds something tries all the same. */
const STORE_AWAY_STEP_MS = 5_000
/** Steps of one stretch of time: only a storm needs more. */
const STEPS_MAX = 2_000

export type WorldOptions = Pick<Plan, 'seed' | 'replicas' | 'accounts' | 'luck'> & { store: StoreKind }

/** Whatever is sealed in a world opens in any. */
export const SIM_VAULT_KEY: Uint8Array = new Uint8Array(32).fill(1)
const vault: Vault = createVault([SIM_VAULT_KEY])

/** What came of a question. `silent`: who was asked is frozen or dead. */
export type Answer<T> =
  | { kind: 'answered'; value: T }
  | { kind: 'failed'; error: unknown }
  | { kind: 'silent' }

/** Everything there is: processes of ours, their database and disk, the provider, the receivers, and time. */
export class World {
  readonly time: SimTime
  readonly findings: Findings = new Findings()
  readonly chance: Chance
  readonly disk: SimDisk = new SimDisk()
  readonly upstream: Upstream
  readonly receivers: Receivers
  readonly watch: Watch
  readonly rows: DatabaseSync
  readonly replicas: Replica[] = []
  readonly isAlone: boolean
  storeFault: StoreFault = STORE_WORKS
  disturbances = 0
  /** How far the wall clock is from what it should be. */
  setByMs = 0
  /** Somebody has claimed something since it was set. */
  isClockFollowed = true
  /** Somebody may still write a time of a clock that has been set since. */
  hasOldPlans = false
  steps = 0
  /** Of all that happened, in its order. */
  trace = 0
  readonly #base: BaseStore
  #store: Store
  #pending = 0
  /** Until then whoever wakes does so, whatever is due. */
  #looksUntilMs = -Infinity
  #boots = 0
  /** When somebody last died, or did not hear what a write gave it. */
  #leftAtMs = -Infinity
  readonly #surroundings: Surroundings
  readonly #statements = new Map<string, StatementSync>()
  readonly #dueTasks: StatementSync
  readonly #dueTargets: StatementSync

  private constructor(options: WorldOptions, base: BaseStore, time: SimTime) {
    this.time = time
    this.chance = new Chance(options.seed)
    this.#base = base
    this.rows = base.rows
    this.isAlone = options.replicas === 1
    this.upstream = new Upstream(time.world, this.chance, options.luck)
    this.receivers = new Receivers(time.world, this.findings, (origin, id) => this.#arrived(origin, id))
    this.watch = new Watch({
      findings: this.findings,
      upstream: this.upstream,
      disk: this.disk,
      rows: base.rows,
      nowMs: () => time.clock.nowMs(),
      disturbances: () => this.disturbances,
      isAwake: (owner) => this.awake.some((replica) => replica.owner === owner),
    })
    this.#store = this.#watched()
    this.#dueTasks = base.rows.prepare(
      `select min(due_at) as due_at, max(paused_until) as paused_until from schedule
        left join rate_buckets on rate_buckets.account = schedule.account group by schedule.account`,
    )
    this.#dueTargets = base.rows.prepare('select min(next_due_at) as due_at from webhook_targets')
    this.#surroundings = this.#surround(options.accounts)
  }

  static async open(options: WorldOptions): Promise<World> {
    const time = new SimTime()
    const world = new World(options, await openBaseStore(options.store, time.clock), time)
    for (let index = 0; index < options.replicas; index += 1) await world.boot(index)
    return world
  }

  #surround(accounts: readonly Account[]): Surroundings {
    const { upstream, chance, findings } = this
    const looks = new LookRate(upstream, findings)
    return {
      time: this.time,
      base: () => this.#store,
      disk: this.disk,
      ids: seededIds(chance),
      random: chance.next,
      vault,
      receivers: this.receivers,
      isAlone: this.isAlone,
      accounts,
      line: {
        upstream,
        posting: (token, taskId) => {
          this.note(`post ${taskId}`)
          checkPosting(this, token, taskId)
        },
        probing: (job) => {
          this.note(`probe ${job.id}`)
          looks.saw(job)
        },
      },
      storeLine: { chance, fault: () => this.storeFault, disturbed: () => this.#refused() },
      died: () => {
        this.#leftAtMs = this.upstream.nowMs
      },
      sprung: (_replica, { act, point }) => {
        this.note(`${act} at ${point}`)
        this.disturb()
      },
    }
  }

  /** The database, with all that is written there watched, before anything can go wrong on the way. */
  #watched(): Store {
    return intercepted(this.#base.store, ({ verb, args, go }) => {
      const answer = go()
      return answer instanceof Promise ? this.#witness(verb, args, answer) : answer
    })
  }

  async #witness(verb: string, args: readonly unknown[], answer: Promise<unknown>): Promise<unknown> {
    this.#pending += 1
    try {
      const value = await answer
      this.note(verb)
      this.watch.told(verb, args, value)
      if (verb === 'claimDue') this.isClockFollowed = true
      return value
    } finally {
      this.#pending -= 1
    }
  }

  /**
   * An address that works is told at once, however the others fare, unless something was done to somebody meanwhile, or leases
   * on it are left that nobody works on: it takes so many at a time.
   */
  #arrived(origin: string, id: string): void {
    this.note(`webhook ${id}`)
    const event = this.watch.announced.get(id)
    if (event === undefined || event.atMs - this.#leftAtMs < DELIVERY_LEASE_MS) return
    const isQuiet = event.disturbances === this.disturbances && this.awake.length === this.replicas.length
    if (!isQuiet || !this.receivers.wasAlwaysWell(origin)) return
    const lateMs = this.upstream.nowMs - event.atMs
    this.findings.check(21, lateMs <= PROMPT_MS, () => `${id} reached ${origin} ${lateMs} ms late`)
  }

  /** The database itself. */
  get store(): Store {
    return this.#store
  }

  get nowMs(): number {
    return this.time.clock.nowMs()
  }

  /** For looking at rows, past the store. */
  statement(sql: string): StatementSync {
    const known = this.#statements.get(sql) ?? this.rows.prepare(sql)
    this.#statements.set(sql, known)
    return known
  }

  /** A task as it is stored. */
  stored(id: string): Task | undefined {
    return atOnce(this.#store.loadTask(id))
  }

  note(text: string): void {
    let mixed = this.trace ^ this.time.clock.nowMs()
    for (let index = 0; index < text.length; index += 1)
      mixed = Math.imul(mixed ^ text.charCodeAt(index), 16_777_619)
    this.trace = mixed >>> 0
  }

  /** Something was done to a process, the store or the clock: promises about who is left alone do not hold now. */
  disturb(): void {
    this.disturbances += 1
  }

  /** Whoever waits for nothing in particular, as for a store that did not answer, tries again. */
  lookAgain(): void {
    this.#looksUntilMs = this.upstream.nowMs + TRY_AGAIN_MS
  }

  /** A write was refused, or its answer lost: it is tried again. */
  #refused(): void {
    this.disturbances += 1
    this.#leftAtMs = this.upstream.nowMs
    if (this.storeFault.mode === 'up') this.lookAgain()
  }

  /** Processes that work: alive, and not frozen. */
  get awake(): readonly Replica[] {
    return this.replicas.filter(({ gate }) => gate.isOpen)
  }

  async boot(index: number): Promise<void> {
    if (this.replicas[index]?.gate.isDead === false) return
    this.disturb()
    if (this.isAlone && this.replicas[index] !== undefined) {
      await this.#base.reopen()
      // A process cannot know that the clock was set before it began.
      if (!this.isClockFollowed) this.hasOldPlans = true
      this.#store = this.#watched()
    }
    this.#boots += 1
    const replica = new Replica(this.#surroundings, `worker_${this.#boots}`)
    this.replicas[index] = replica
    if ((await this.ask(() => replica.start())).kind !== 'answered') replica.gate.kill()
  }

  kill(index: number): void {
    this.disturb()
    this.replicas[index]?.gate.kill()
  }

  /** Somebody sets the wall clock. */
  setWall(byMs: number): void {
    this.disturb()
    this.setByMs += byMs
    this.isClockFollowed = false
    // What a frozen process has planned, it has planned by the old clock.
    if (this.replicas.some(({ gate }) => gate.isFrozen)) this.hasOldPlans = true
    this.time.clock.setWall(byMs)
    this.lookAgain()
  }

  /** What comes of it at once, without any time passing. */
  async ask<T>(question: () => Promise<T>): Promise<Answer<T>> {
    let answer: Answer<T> = { kind: 'silent' }
    const hear = async (): Promise<void> => {
      try {
        answer = { kind: 'answered', value: await question() }
      } catch (error) {
        answer = { kind: 'failed', error }
      }
    }
    void hear()
    await this.settle()
    return answer
  }

  /** Everything that does not wait for the clock gets done. Nothing in a world waits for anything else. */
  async settle(): Promise<void> {
    do {
      await new Promise<void>((resolve) => setImmediate(resolve))
    } while (this.#pending > 0)
  }

  /** So little time that no callback comes in it. */
  async instant(ms: number): Promise<void> {
    this.time.clock.advance(ms)
    await this.settle()
  }

  async pass(ms: number): Promise<void> {
    const endsAtMs = this.time.clock.monotonicMs() + ms
    for (let step = 0; step < STEPS_MAX; step += 1) {
      await this.settle()
      if (this.findings.broken.length > 0) return
      if (await this.#carryCalls()) continue
      const leftMs = endsAtMs - this.time.clock.monotonicMs()
      if (leftMs <= 0) return
      this.#advance(leftMs)
      this.steps += 1
    }
    this.findings.check(27, false, () => `${ms} ms took more than ${STEPS_MAX} steps`)
  }

  /** Callbacks whose time has come arrive somewhere, or nowhere when nobody is awake. */
  async #carryCalls(): Promise<boolean> {
    const calls = this.upstream.takeCalls()
    for (const { url, body } of calls) await this.call(url, body)
    return calls.length > 0
  }

  /** Set by whoever checks what callbacks do. */
  call: (url: string, body: string) => Promise<void> = async () => {}

  /** To the next moment at which something happens, or as far as that. */
  #advance(msMax: number): void {
    const { time, awake, chance } = this
    const isLook = this.upstream.nowMs < this.#looksUntilMs
    const waits = LOOKERS.map((looker) => this.#lookMs(looker))
    const lookMs = isLook ? time.nextIdleMs() : Math.min(...waits)
    time.clock.advance(Math.max(1, Math.min(msMax, time.nextMs, this.upstream.nextCallMs, lookMs)))
    if (isLook) return time.wakeIdle()
    // Whoever is quicker: the others look when there is something left.
    const gate = awake[chance.whole(0, awake.length - 1)]?.gate
    for (const looker of LOOKERS) if (this.#dueMs(looker) <= 0) time.wakeIdle({ gate, looker })
  }

  /** Milliseconds until a loop finds something in the database. */
  #lookMs(looker: Looker): number {
    const dueMs = this.#dueMs(looker)
    return dueMs > 0 ? dueMs : this.time.nextIdleMs(looker)
  }

  /** Milliseconds until something is due for somebody who works; none, or fewer, when something is. */
  #dueMs(looker: Looker): number {
    if (this.awake.length === 0) return Infinity
    const { nowMs } = this
    let least = Infinity
    const rows = looker === 'engine' ? this.#dueTasks.all() : this.#dueTargets.all()
    for (const { due_at: dueAt, paused_until: pausedUntil } of rows) {
      if (typeof dueAt !== 'number') continue
      least = Math.min(least, Math.max(dueAt, typeof pausedUntil === 'number' ? pausedUntil : 0) - nowMs)
    }
    return this.storeFault.mode === 'up' ? least : Math.max(least, STORE_AWAY_STEP_MS)
  }

  async close(): Promise<void> {
    for (const { gate } of this.replicas) gate.kill()
    await this.settle()
    await this.#base.close()
  }
}
