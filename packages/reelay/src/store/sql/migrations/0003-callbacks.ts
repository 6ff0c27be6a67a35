import { sql, type Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Callbacks from providers: by whom an attempt's callback is known, and how often one may make somebody look. */
export function callbacksMigration(): Migration {
  return {
    up: async (db: Kysely<unknown>) => {
      await sql`create unique index attempts_callback on attempts (callback_token_hash)
        where callback_token_hash is not null`.execute(db)
      await db.schema.createIndex('callbacks_in_task').on('callbacks_in').column('task_id').execute()
      // Where it came in, for those about a whole account.
      await db.schema.alterTable('callbacks_in').addColumn('account', 'text').execute()
      await sql`create index callbacks_in_strays on callbacks_in (account, received_at)
        where task_id is null`.execute(db)
      // The job that it names: where to ask for it, and how many looks have missed it.
      await db.schema.alterTable('callbacks_in').addColumn('provider_task_id', 'text').execute()
      await db.schema.alterTable('callbacks_in').addColumn('operation', 'text').execute()
      await db.schema
        .alterTable('callbacks_in')
        .addColumn('misses', 'integer', (column) => column.notNull().defaultTo(0))
        .execute()
      // The looks that callbacks may still cause at once, in thousandths, and when that was counted.
      await db.schema.alterTable('schedule').addColumn('callback_tokens', 'integer').execute()
      await db.schema.alterTable('schedule').addColumn('callback_refilled_at', 'bigint').execute()
      // A look that callbacks ask for while somebody holds the lease: the write-back heeds it.
      await db.schema.alterTable('schedule').addColumn('callback_due_at', 'bigint').execute()
      // How many extra looks were made since a callback hinted at the end; null: none has.
      await db.schema.alterTable('schedule').addColumn('hint_step', 'integer').execute()
    },
  }
}
