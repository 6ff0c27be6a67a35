import { sql, type Kysely } from 'kysely'
import type { Tables } from '../sql/schema.ts'
import { MoveRefused } from './move-refused.ts'
import type { OpenTables } from './open-tables.ts'

/** For what is under way to end; longer than any statement of a gateway. */
const WAIT_MS = 20_000

/**
 * In a transaction that is going to take the database from its gateways. A database file has been taken by its lock.
 * @throws MoveRefused naming the processes that live
 */
export async function requireNobodyAtWork(
  { kind, nowMs, silentMs }: Pick<OpenTables, 'kind' | 'nowMs' | 'silentMs'>,
  db: Kysely<Tables>,
): Promise<void> {
  if (kind === 'sqlite') return
  await sql`set local lock_timeout = ${sql.lit(WAIT_MS)}`.execute(db)
  const sinceMs = (await nowMs()) - silentMs
  const living = await db.selectFrom('instances').selectAll().where('seen_at', '>', sinceMs).execute()
  if (living.length === 0) return
  const names = living.map(({ host, role }) => `${host ?? 'unknown'} (${role ?? 'all'})`).join(', ')
  throw new MoveRefused(
    `Gateways work on this database: ${names}. Stop them all; one that was killed counts for ${silentMs / 1_000} seconds more.`,
  )
}
