import { CompiledQuery, type Kysely } from 'kysely'
import { StoreUnavailable, type ChangeKind } from '../store.ts'
import type { Announcer } from '../sql/announcer.ts'
import { connected, type Connected } from '../sql/connected.ts'
import { followClock } from '../sql/follow-clock.ts'
import { ONE_WRITER } from '../sql/locks.ts'
import type { Tables } from '../sql/schema.ts'
import type { Transaction } from '../sql/transaction.ts'
import type { Writer } from '../sql/writer.ts'
import { asUnavailable, unavailable } from './as-unavailable.ts'
import type { Checkpoints } from './checkpoints.ts'
import type { WallClockWatch } from './wall-clock-watch.ts'

type Operation = {
  /** Whether its commit waits for the disk. */
  isDurable: boolean
  run: (transaction: Transaction) => Promise<unknown>
  resolve: (value: never) => void
  reject: (reason: unknown) => void
}

type Finished = {
  operation: Operation
  value: unknown
  changed: ReadonlyMap<string, ChangeKind>
  outbox: { filled: boolean }
}

export type GroupWriterOptions = {
  db: Kysely<Tables>
  nowMs: () => number
  announcer: Announcer
  /** Tells when somebody sets the wall clock: what is planned moves along before anything else is written. */
  watch?: WallClockWatch
  /** Is told after each group that it is written. */
  checkpoints?: Pick<Checkpoints, 'wrote'>
}

/** Operations per transaction: bounds how long the event loop and other writers wait. */
const GROUP_MAX = 200
/** Groups that may go before what nobody waits for: with more, a callback is heeded after the look that it was to hasten. */
const PASSED_OVER_MAX = 1

// Compiled once: there are four of them around each write.
const BEGIN = CompiledQuery.raw('begin immediate')
const COMMIT = CompiledQuery.raw('commit')
const ROLLBACK = CompiledQuery.raw('rollback')
const SAVEPOINT = CompiledQuery.raw('savepoint operation')
const RELEASE = CompiledQuery.raw('release operation')
const WITHOUT_SYNC = CompiledQuery.raw('pragma synchronous = normal')
const WITH_SYNC = CompiledQuery.raw('pragma synchronous = full')
const ROLLBACK_OPERATION = CompiledQuery.raw('rollback to operation')

/**
 * Runs writes in groups, one durable commit per group: with `synchronous=FULL` the fsync is the cost, and concurrent
 * writers share it. Where there are several, each has a savepoint of its own, so one that fails takes nobody with it. A promise
 * resolves only after the commit that holds its write.
 */
export class GroupWriter implements Writer {
  readonly #options: GroupWriterOptions
  readonly #queue: Operation[] = []
  /** Those that may be lost with the power: whoever waits for the disk goes first. */
  readonly #soon: Operation[] = []
  #passedOver = 0
  #running: Promise<void> | undefined
  /** SQLite's one connection, and the way to it: taking it anew for each statement would make half of the garbage of a write. */
  #held: Connected | undefined
  #closed = false
  /** As the connection comes: commits wait for the disk. */
  #isSynced = true

  constructor(options: GroupWriterOptions) {
    this.#options = options
  }

  write<T>(run: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.#enqueue(run, true)
  }

  /** A later commit that waits for the disk takes it along. */
  writeSoon<T>(run: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.#enqueue(run, false)
  }

  #enqueue<T>(run: (transaction: Transaction) => Promise<T>, isDurable: boolean): Promise<T> {
    if (this.#closed) return Promise.reject(new StoreUnavailable('the store is closed'))
    return new Promise<T>((resolve, reject) => {
      const queue = isDurable ? this.#queue : this.#soon
      queue.push({ run, isDurable, resolve, reject })
      this.#running ??= this.#drain()
    })
  }

  /** Finishes what was queued; later writes are refused. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#running
  }

  async #drain(): Promise<void> {
    while (this.#queue.length + this.#soon.length > 0) {
      // Lets everything that is ready in this turn of the event loop join the group.
      await new Promise<void>((resolve) => setImmediate(resolve))
      await this.#runGroup(this.#nextGroup())
    }
    this.#running = undefined
  }

  #nextGroup(): readonly Operation[] {
    const group = this.#queue.splice(0, GROUP_MAX)
    if (group.length > 0 && this.#soon.length > 0 && this.#passedOver < PASSED_OVER_MAX) {
      this.#passedOver += 1
      return group
    }
    this.#passedOver = 0
    return [...this.#soon.splice(0, GROUP_MAX), ...group]
  }

  async #runGroup(group: readonly Operation[]): Promise<void> {
    for (const { operation, value, changed, outbox } of await this.#commit(group)) {
      operation.resolve(value as never)
      this.#options.announcer.announce(changed, outbox)
    }
  }

  async #commit(group: readonly Operation[]): Promise<readonly Finished[]> {
    try {
      this.#held ??= await connected(this.#options.db)
      return await this.#runOn(this.#held, group)
    } catch (error) {
      // Disk full, I/O error, or the one operation failed: nothing is stored, and everybody is told so.
      const reason = asUnavailable(error)
      for (const operation of group) operation.reject(reason)
      return []
    }
  }

  async #runOn(held: Connected, group: readonly Operation[]): Promise<readonly Finished[]> {
    const { watch, checkpoints } = this.#options
    const movedMs = watch?.movedMs() ?? 0
    try {
      await this.#begin(held, group)
      if (movedMs !== 0) await followClock(this.#transaction(held), movedMs)
      const finished: Finished[] = []
      for (const operation of group) {
        const isAlone = group.length === 1
        const result = isAlone ? await this.#run(held, operation) : await this.#runOneOfMany(held, operation)
        if (result !== undefined) finished.push(result)
      }
      await held.connection.executeQuery(COMMIT)
      watch?.follow(movedMs)
      checkpoints?.wrote()
      return finished
    } catch (error) {
      await held.connection.executeQuery(ROLLBACK).catch(() => undefined)
      throw error
    }
  }

  /**
   * One that has to be durable makes all of its group so: they share the wait.
   * @throws StoreUnavailable whatever the reason is, such as a transaction that could not be ended: nothing of the group has run
   */
  async #begin(held: Connected, group: readonly Operation[]): Promise<void> {
    const isSynced = group.some(({ isDurable }) => isDurable)
    try {
      if (isSynced !== this.#isSynced) await held.connection.executeQuery(isSynced ? WITH_SYNC : WITHOUT_SYNC)
      this.#isSynced = isSynced
      await held.connection.executeQuery(BEGIN)
    } catch (error) {
      throw unavailable(error)
    }
  }

  async #run(held: Connected, operation: Operation): Promise<Finished> {
    const transaction = this.#transaction(held)
    const value = await operation.run(transaction)
    return { operation, value, changed: transaction.changed, outbox: transaction.outbox }
  }

  #transaction(held: Connected): Transaction {
    const nowMs = this.#options.nowMs()
    return { ...held, nowMs, locks: ONE_WRITER, changed: new Map(), outbox: { filled: false } }
  }

  /** In a savepoint: what this operation does is undone without the others. Undefined when it failed. */
  async #runOneOfMany(held: Connected, operation: Operation): Promise<Finished | undefined> {
    await held.connection.executeQuery(SAVEPOINT)
    try {
      const finished = await this.#run(held, operation)
      await held.connection.executeQuery(RELEASE)
      return finished
    } catch (error) {
      // A full disk or an I/O error may end the whole transaction: then that error, not this one, is what everybody hears.
      await held.connection.executeQuery(ROLLBACK_OPERATION).catch(() => {
        throw error
      })
      await held.connection.executeQuery(RELEASE)
      operation.reject(asUnavailable(error))
      return undefined
    }
  }
}
