import { sql, type Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Which of the tasks that are due go before the others. Older versions leave it alone, and take them in turn. */
export function firstDueMigration(): Migration {
  return {
    up: async (db: Kysely<unknown>) => {
      await db.schema
        .alterTable('schedule')
        .addColumn('goes_first', 'integer', (column) => column.notNull().defaultTo(0))
        .execute()
      await sql`create index schedule_first on schedule (account, due_at) where goes_first = 1`.execute(db)
    },
  }
}
