import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'

/** What was moved out of this database, and into it. */
export function movesMigration(): Migration {
  return {
    up: async (db: Kysely<unknown>) => {
      await db.schema
        .createTable('moves')
        .addColumn('export_id', 'text', (column) => column.primaryKey())
        .addColumn('direction', 'text', (column) => column.notNull())
        .addColumn('at', 'bigint', (column) => column.notNull())
        .execute()
    },
  }
}
