import type { Kysely } from 'kysely'
import { Migrator, type Migration } from 'kysely/migration'
import { initialMigration, type ColumnTypes } from './migrations/0001-initial.ts'
import { callbacksMigration } from './migrations/0003-callbacks.ts'
import { webhooksMigration } from './migrations/0002-webhooks.ts'
import type { Tables } from './schema.ts'

/** Brings a database to the newest schema. Forward only; the Migrator's own lock table keeps two starts apart. */
export async function migrate(db: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  const migrations: Record<string, Migration> = {
    '0001-initial': initialMigration(types),
    '0002-webhooks': webhooksMigration(),
    '0003-callbacks': callbacksMigration(),
  }
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(migrations) } })
  const { error } = await migrator.migrateToLatest()
  if (error !== undefined) throw new Error('the database could not be migrated', { cause: error })
}
