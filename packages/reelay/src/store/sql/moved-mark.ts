import type { Kysely } from 'kysely'
import type { MovedMark } from '../database-moved.ts'
import type { Tables } from './schema.ts'

/**
 * What the schedule is called in a database that was moved. A row alone would be read at a start only; without this table no
 * process can claim, commit or accept anything, of whatever version, and although it slept through the move.
 */
export const SCHEDULE_AWAY = 'schedule_moved'

export type TableNames = ReadonlySet<string>

/** Undefined when the database was not moved, or was taken back. */
export async function findMovedMark(db: Kysely<Tables>, tables: TableNames): Promise<MovedMark | undefined> {
  if (!tables.has(SCHEDULE_AWAY)) return undefined
  const row = await db
    .selectFrom('moves')
    .selectAll()
    .where('direction', '=', 'out')
    .orderBy('at', 'desc')
    .executeTakeFirst()
  return { exportId: row?.export_id ?? 'unknown', atMs: row?.at ?? 0 }
}

/** In a transaction: waits for those that are under way, and ends all later ones. */
export async function setMovedMark(db: Kysely<Tables>, { exportId, atMs }: MovedMark): Promise<void> {
  await db.schema.alterTable('schedule').renameTo(SCHEDULE_AWAY).execute()
  await db.insertInto('moves').values({ export_id: exportId, direction: 'out', at: atMs }).execute()
}

/** In a transaction. */
export async function removeMovedMark(db: Kysely<Tables>): Promise<void> {
  await db.schema.alterTable(SCHEDULE_AWAY).renameTo('schedule').execute()
  await db.deleteFrom('moves').where('direction', '=', 'out').execute()
}
