import type { ChangeKind } from '../store.ts'
import type { Connected } from './connected.ts'
import type { Locks } from './locks.ts'

/** What a verb gets: an open transaction, the database's clock, and the list of tasks that it changed. */
export type Transaction = Connected & {
  nowMs: number
  locks: Locks
  /** Announced to listeners after the commit. */
  changed: Map<string, ChangeKind>
  /** Set when a delivery may be due: the deliverer is told after the commit. */
  outbox: { filled: boolean }
}
