import { DatabaseError } from 'pg'
import { StoreUnavailable } from '../store.ts'

/**
 * Classes of SQLSTATE that say nothing of the statement: connection, resources, operator intervention, system error, and a
 * server that only reads, as after a failover. Time limits of the server: a transaction that stood still, a statement, the
 * wait for a lock. And a table that is not there: the database is being moved. https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const OUTAGES = ['08', '53', '57P', '58', '25006', '25P03', '57014', '55P03', '42P01'] as const

/** Serialization failure, deadlock, and a row that somebody else has just added: the same transaction may succeed. */
const RETRIED: ReadonlySet<string> = new Set(['40001', '40P01', '23505'])

const codeOf = (error: unknown): string | undefined =>
  error instanceof DatabaseError ? error.code : undefined

export const isConflict = (error: unknown): boolean => RETRIED.has(codeOf(error) ?? '')

/** The same error, or `StoreUnavailable` with it as `cause` when the same write may succeed later. */
export function asUnavailable(error: unknown): unknown {
  const code = codeOf(error)
  if (code === undefined || !OUTAGES.some((start) => code.startsWith(start))) return error
  const reason = error instanceof Error ? error.message : String(error)
  return new StoreUnavailable(`The database cannot be used at the moment: ${reason}.`, { cause: error })
}
