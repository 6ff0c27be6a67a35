import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'

/** What changed since a reader of a project's event stream was here last. */
export function liveMigration(): Migration {
  return {
    up: async (db: Kysely<unknown>) => {
      await db.schema
        .createIndex('tasks_changed')
        .on('tasks')
        .columns(['project_id', 'updated_at', 'id'])
        .execute()
    },
  }
}
