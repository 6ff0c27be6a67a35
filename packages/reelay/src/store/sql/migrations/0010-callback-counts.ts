import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'

/**
 * How many callbacks of an attempt are kept, without reading them: whoever sends the next one waits for the count. What was found
 * by the task alone is found by this index as well.
 */
export function callbackCountsMigration(): Migration {
  return {
    up: async (db: Kysely<unknown>) => {
      await db.schema
        .createIndex('callbacks_in_attempt')
        .on('callbacks_in')
        .columns(['task_id', 'attempt_n', 'verdict'])
        .execute()
      await db.schema.dropIndex('callbacks_in_task').execute()
    },
  }
}
