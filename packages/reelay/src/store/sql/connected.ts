import type { DatabaseConnection, Kysely } from 'kysely'
import type { Tables } from './schema.ts'

/** A database that has one connection, and that connection: statements that are compiled already run straight on it. */
export type Connected = { db: Kysely<Tables>; connection: Pick<DatabaseConnection, 'executeQuery'> }

/** @param db one that holds a connection until it ends, as a transaction does, or that has but one, as SQLite does */
export async function connected(db: Kysely<Tables>): Promise<Connected> {
  const connection = await db.getExecutor().provideConnection((held) => Promise.resolve(held))
  return { db, connection }
}
