import type { Kysely } from 'kysely'
import type { Tables } from '../sql/schema.ts'

/** The columns of each table, in an order that is the same for all databases of one schema. */
export async function columnsOf(db: Kysely<Tables>): Promise<ReadonlyMap<string, readonly string[]>> {
  const tables = await db.introspection.getTables()
  return new Map(tables.map(({ name, columns }) => [name, columns.map((column) => column.name).toSorted()]))
}
