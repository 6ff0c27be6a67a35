import type { Kysely } from 'kysely'
import type { Instance } from '../store.ts'
import type { Tables } from './schema.ts'
import type { Transaction } from './transaction.ts'

/** Silent for so long, a process is gone: its row too. */
const FORGOTTEN_MS = 24 * 3_600_000

/** This process says that it lives. */
export async function beat(
  { db, nowMs }: Transaction,
  { id, version, role, host, startedAtMs }: Omit<Instance, 'seenAtMs'>,
): Promise<void> {
  const seen = { seen_at: nowMs, version, role, host }
  await db
    .insertInto('instances')
    .values({ id, project_id: 'default', started_at: startedAtMs, ...seen })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(seen))
    .execute()
  await db
    .deleteFrom('instances')
    .where('seen_at', '<', nowMs - FORGOTTEN_MS)
    .execute()
}

/** It ends in order: nobody need wonder where it went. */
export async function leave({ db }: Transaction, id: string): Promise<void> {
  await db.deleteFrom('instances').where('id', '=', id).execute()
}

export async function listInstances(db: Kysely<Tables>): Promise<readonly Instance[]> {
  const rows = await db.selectFrom('instances').selectAll().orderBy('started_at').orderBy('id').execute()
  return rows.map((row) => ({
    id: row.id,
    version: row.version,
    role: row.role ?? 'all',
    host: row.host ?? '',
    startedAtMs: row.started_at,
    seenAtMs: row.seen_at,
  }))
}
