import type { Kysely } from 'kysely'
import { Migrator, type Migration } from 'kysely/migration'
import { initialMigration, type ColumnTypes } from './migrations/0001-initial.ts'
import { webhooksMigration } from './migrations/0002-webhooks.ts'
import { callbacksMigration } from './migrations/0003-callbacks.ts'
import { replicasMigration } from './migrations/0004-replicas.ts'
import { movesMigration } from './migrations/0006-moves.ts'
import { liveMigration } from './migrations/0007-live.ts'
import { durationSketchesMigration } from './migrations/0008-duration-sketches.ts'
import { firstDueMigration } from './migrations/0009-first-due.ts'
import { callbackCountsMigration } from './migrations/0010-callback-counts.ts'
import { findMovedMark, type TableNames } from './moved-mark.ts'
import { retentionMigration } from './migrations/0005-retention.ts'
import { DatabaseMoved } from '../database-moved.ts'
import type { SchemaState } from '../upkeep.ts'
import type { Tables } from './schema.ts'

/** What was done to a database: the names of the migrations that were applied now. */
export type Migrated = {
  applied: readonly string[]
  /** Migrations of a newer version that are in place: this version works with them as they are. */
  newer: readonly string[]
  /** All that are in place now, the oldest first. */
  inPlace: readonly string[]
}

const migrationsFor = (types: ColumnTypes): Readonly<Record<string, Migration>> => ({
  '0001-initial': initialMigration(types),
  '0002-webhooks': webhooksMigration(),
  '0003-callbacks': callbacksMigration(),
  '0004-replicas': replicasMigration(types),
  '0005-retention': retentionMigration(),
  '0006-moves': movesMigration(),
  '0007-live': liveMigration(),
  '0008-duration-sketches': durationSketchesMigration(),
  '0009-first-due': firstDueMigration(),
  '0010-callback-counts': callbackCountsMigration(),
})

/**
 * Brings a database to the newest schema. Forward only; the Migrator's own lock keeps two starts apart. A database that a
 * newer version has migrated is left as it is: each version only adds what the one before can live with, so that both may run
 * side by side while replicas are replaced.
 * @throws DatabaseMoved when it was moved elsewhere
 */
export async function migrate(db: Kysely<Tables>, types: ColumnTypes): Promise<Migrated> {
  const tables = await tableNames(db)
  const mark = await findMovedMark(db, tables)
  if (mark !== undefined) throw new DatabaseMoved(mark)
  const migrations = migrationsFor(types)
  const before = await migrationsIn(db, tables)
  const newer = before.filter((name) => !(name in migrations))
  if (newer.length > 0) return { applied: [], newer, inPlace: before }
  const provider = { getMigrations: () => Promise.resolve({ ...migrations }) }
  const migrator = new Migrator({ db, provider })
  const { error, results = [] } = await migrator.migrateToLatest()
  if (error !== undefined) throw new Error('the database could not be migrated', { cause: error })
  return {
    applied: results.map(({ migrationName }) => migrationName),
    newer: [],
    inPlace: Object.keys(migrations).toSorted(),
  }
}

export const schemaStateOf = ({ inPlace, newer }: Migrated): SchemaState => ({
  newest: inPlace.findLast((name) => !newer.includes(name)) ?? 'none',
  newer,
})

const MIGRATION_TABLE = 'kysely_migration'

export async function tableNames(db: Kysely<Tables>): Promise<TableNames> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true })
  return new Set(tables.map(({ name }) => name))
}

/** Migrations in the database, those of newer versions too; the oldest first. */
export async function migrationsIn(db: Kysely<Tables>, tables: TableNames): Promise<readonly string[]> {
  if (!tables.has(MIGRATION_TABLE)) return []
  const rows = await db
    .withTables<{ [MIGRATION_TABLE]: { name: string } }>()
    .selectFrom(MIGRATION_TABLE)
    .select('name')
    .orderBy('name')
    .execute()
  return rows.map(({ name }) => name)
}
