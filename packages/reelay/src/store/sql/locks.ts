import { sql, type Kysely, type SelectQueryBuilder } from 'kysely'
import type { Tables } from './schema.ts'

/**
 * What a verb may keep to itself until its transaction ends. Taken in this order, and several of a kind by their ids, so that
 * no two transactions wait for each other.
 */
export type LockKind = 'request' | 'task' | 'account' | 'project' | 'target'

/**
 * How transactions of several connections keep out of each other's way. A database with one writer needs none of it. The
 * locks end with the transaction, so they work behind a pooler that gives each transaction another connection.
 */
export interface Locks {
  /** Waits until nobody else holds it. */
  hold(kind: LockKind, id: string): Promise<void>
  /** False when somebody else holds it: for work that can be left for later. */
  tryHold(kind: LockKind, id: string): Promise<boolean>
  /** Whether rows that are read to be written have to be locked. */
  readonly rows: boolean
}

/** One writer at a time: nothing can come between. */
export const ONE_WRITER: Locks = {
  hold: () => Promise.resolve(),
  tryHold: () => Promise.resolve(true),
  rows: false,
}

const keyOf = (kind: LockKind, id: string): string => `reelay ${kind} ${id}`

/** What the transaction holds already is not asked for again. */
export function advisoryLocks(db: Kysely<Tables>): Locks {
  const held = new Set<string>()
  return {
    hold: async (kind, id) => {
      const key = keyOf(kind, id)
      if (held.has(key)) return
      await sql`select pg_advisory_xact_lock(hashtextextended(${key}, 0))`.execute(db)
      held.add(key)
    },
    tryHold: async (kind, id) => {
      const key = keyOf(kind, id)
      if (held.has(key)) return true
      const { rows } = await sql<{ held: boolean }>`
        select pg_try_advisory_xact_lock(hashtextextended(${key}, 0)) as held`.execute(db)
      if (rows[0]?.held === true) held.add(key)
      return held.has(key)
    },
    rows: true,
  }
}

type Locking = { locks: Locks }

/** Rows that this transaction is going to write: nobody else may meanwhile. */
export const forUpdate = <Query extends { forUpdate(): Query }>({ locks }: Locking, query: Query): Query =>
  locks.rows ? query.forUpdate() : query

/** The same, leaving out rows that somebody else is writing. */
export const skipLocked = <From extends keyof Tables, Row>(
  { locks }: Locking,
  of: From,
  query: SelectQueryBuilder<Tables, From, Row>,
): SelectQueryBuilder<Tables, From, Row> => (locks.rows ? query.forUpdate([of]).skipLocked() : query)
