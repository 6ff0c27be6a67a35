import { sql, type Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'

/** What is kept for a time only: until when, and how to find it without reading what stays. */
export function retentionMigration(): Migration {
  return {
    up: async (db: Kysely<unknown>) => {
      // Told to clients, so it never changes once it is set; null: for good.
      await db.schema.alterTable('tasks').addColumn('expires_at', 'bigint').execute()
      await db.schema.alterTable('tasks').addColumn('files_removed_at', 'bigint').execute()
      await sql`create index tasks_expiring on tasks (expires_at)
        where expires_at is not null and files_removed_at is null`.execute(db)
      await sql`create index tasks_ended on tasks (completed_at) where completed_at is not null`.execute(db)
      await db.schema.createIndex('callbacks_in_received').on('callbacks_in').column('received_at').execute()
      await db.schema.createIndex('delivery_attempts_at').on('delivery_attempts').column('at').execute()
      // Work that one process is enough for: who does it, until when.
      await db.schema
        .createTable('duties')
        .addColumn('project_id', 'text', (column) => column.notNull().defaultTo('default'))
        .addColumn('name', 'text', (column) => column.primaryKey())
        .addColumn('owner', 'text', (column) => column.notNull())
        .addColumn('until_at', 'bigint', (column) => column.notNull())
        .execute()
    },
  }
}
