import { sql, type Kysely } from 'kysely'
import type { Announcer } from '../sql/announcer.ts'
import { connected } from '../sql/connected.ts'
import { advisoryLocks } from '../sql/locks.ts'
import type { Tables } from '../sql/schema.ts'
import type { Transaction } from '../sql/transaction.ts'
import type { Writer } from '../sql/writer.ts'
import { StoreUnavailable } from '../store.ts'
import { asUnavailable, isConflict } from './as-unavailable.ts'
import type { ChangeFeed } from './change-feed.ts'
import type { DatabaseClock } from './database-clock.ts'

/** A transaction that others get in the way of is made again, from its beginning. */
const TRIES_MAX = 8
/**
 * A transaction in which nothing was asked for so long belongs to a process that stands still: the server ends it, or its
 * locks would keep all others waiting. Less than a statement of theirs may take.
 */
const STANDSTILL_MS_MAX = 5_000

export type PostgresWriterOptions = {
  db: Kysely<Tables>
  /** Fixed by tests; else the database's own clock, asked in each transaction. */
  nowMs: (() => number) | undefined
  clock: DatabaseClock
  announcer: Announcer
  /** Tells other processes; absent: nobody. */
  feed: Pick<ChangeFeed, 'tell'> | undefined
}

type Written<T> = { value: T; changed: Transaction['changed']; outbox: Transaction['outbox'] }

/** Runs each verb in a transaction of its own, on a connection of its own, beside those of all replicas. */
export class PostgresWriter implements Writer {
  readonly #options: PostgresWriterOptions
  readonly #running = new Set<Promise<unknown>>()
  #closed = false

  constructor(options: PostgresWriterOptions) {
    this.#options = options
  }

  write<T>(run: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.#write(run)
  }

  /** Its server answers before the disk does. */
  writeSoon<T>(run: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.#write(async (transaction) => {
      await sql`select set_config('synchronous_commit', 'off', true)`.execute(transaction.db)
      return run(transaction)
    })
  }

  async #write<T>(run: (transaction: Transaction) => Promise<T>): Promise<T> {
    if (this.#closed) throw new StoreUnavailable('the store is closed')
    const writing = this.#try(run)
    this.#running.add(writing)
    try {
      const { value, changed, outbox } = await writing
      this.#options.announcer.announce(changed, outbox)
      this.#options.feed?.tell(changed, outbox)
      return value
    } finally {
      this.#running.delete(writing)
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.allSettled(this.#running)
  }

  async #try<T>(run: (transaction: Transaction) => Promise<T>): Promise<Written<T>> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#once(run)
      } catch (error) {
        if (attempt >= TRIES_MAX || !isConflict(error)) throw asUnavailable(error)
      }
    }
  }

  /** When the answer to the commit is lost, nobody knows whether it was made: that is told as unavailable too. */
  async #once<T>(run: (transaction: Transaction) => Promise<T>): Promise<Written<T>> {
    let isCommitting = false
    try {
      return await this.#options.db.transaction().execute(async (db) => {
        const nowMs = this.#options.nowMs?.() ?? (await this.#askTime(db))
        const changed: Transaction['changed'] = new Map()
        const outbox = { filled: false }
        const held = await connected(db)
        const value = await run({ ...held, nowMs, locks: advisoryLocks(db), changed, outbox })
        isCommitting = true
        return { value, changed, outbox }
      })
    } catch (error) {
      if (!isCommitting || isConflict(error)) throw error
      const reason = error instanceof Error ? error.message : String(error)
      const message = `Whether the database has stored it is not known: ${reason}`
      throw new StoreUnavailable(message, { cause: error, mayBeStored: true })
    }
  }

  /** And says, in the same breath, how long this transaction may stand still. */
  async #askTime(db: Kysely<Tables>): Promise<number> {
    const { clock } = this.#options
    const askedAtMs = clock.monotonicMs()
    const { rows } = await sql<{ now: number }>`
      select floor(extract(epoch from clock_timestamp()) * 1000)::bigint as now,
        set_config('idle_in_transaction_session_timeout', ${String(STANDSTILL_MS_MAX)}, true)`.execute(db)
    const nowMs = rows[0]?.now ?? clock.nowMs()
    clock.learn(nowMs, askedAtMs)
    return nowMs
  }
}
