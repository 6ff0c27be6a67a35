import { sql, type RawBuilder } from 'kysely'
import type { Transaction } from './transaction.ts'

/** Tables of which a part can be deleted, by their primary keys. */
const KEYS = {
  artifacts: ['task_id', 'role', 'idx'],
  attempts: ['task_id', 'n'],
  callbacks_in: ['id'],
  client_replays: ['id'],
  deliveries: ['id'],
  delivery_attempts: ['delivery_id', 'n'],
  idempotency: ['project_id', 'route', 'key'],
  task_events: ['task_id', 'seq'],
} as const

export type PartTable = keyof typeof KEYS

/**
 * Deletes as many of the rows that match as may be. Answers how many they were: less than `limit` means that none is left.
 * The condition is asked of each row again when it is deleted, for it may have changed since it was found.
 */
export async function deleteSome(
  { db }: Pick<Transaction, 'db'>,
  table: PartTable,
  condition: RawBuilder<unknown>,
  limit: number,
): Promise<number> {
  const key = sql.join(KEYS[table].map((column) => sql.ref(`${table}.${column}`)))
  const found = sql`select ${key} from ${sql.table(table)} where ${condition} limit ${limit}`
  const { numAffectedRows } = await sql`delete from ${sql.table(table)}
    where (${key}) in (${found}) and ${condition}`.execute(db)
  return Number(numAffectedRows ?? 0n)
}
