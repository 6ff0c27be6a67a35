import type { Kysely } from 'kysely'
import type { ChangeKind } from '../store.ts'
import type { Locks } from './locks.ts'
import type { Tables } from './schema.ts'

/** What a verb gets: an open transaction, the database's clock, and the list of tasks that it changed. */
export type Transaction = {
  db: Kysely<Tables>
  nowMs: number
  locks: Locks
  /** Announced to listeners after the commit. */
  changed: Map<string, ChangeKind>
  /** Set when a delivery may be due: the deliverer is told after the commit. */
  outbox: { filled: boolean }
}
