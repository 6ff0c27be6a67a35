import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Kysely } from 'kysely'
import { migrate, type Migrated } from '../../src/store/sql/migrate.ts'
import type { Tables } from '../../src/store/sql/schema.ts'
import { nodeSqliteDialect } from '../../src/store/sqlite/node-sqlite-dialect.ts'
import { openSqliteStore, sqliteStoreOn } from '../../src/store/sqlite/sqlite-store.ts'
import type { Store } from '../../src/store/store.ts'
import type { Clock } from '../../src/system/clock.ts'
import { TestClock } from '../../src/system/test-clock.ts'

export type StoreKind = 'memory' | 'disk'

/** The database of one world. It outlives the simulated processes that work on it. */
export interface BaseStore {
  readonly store: Store
  /** For looking at rows, past the store. */
  readonly rows: DatabaseSync
  /** After the only process on it has died: the next one opens it anew. */
  reopen(): Promise<void>
  close(): Promise<void>
}

/** What a migration has filled is the same in each world. */
const KEPT_TABLES: ReadonlySet<string> = new Set(['projects', 'kysely_migration', 'kysely_migration_lock'])

function tableNames(database: DatabaseSync): readonly string[] {
  const tables = database.prepare(`select name from sqlite_master where type = 'table'`).all()
  return tables.map(({ name }) => String(name)).filter((name) => !name.startsWith('sqlite_'))
}

type Memory = {
  database: DatabaseSync
  db: Kysely<Tables>
  reader: Kysely<Tables>
  migrated: Migrated
  empty: () => void
}

let memory: Promise<Memory> | undefined

/** One for the process: migrating takes longer than a sequence. */
async function openMemory(): Promise<Memory> {
  const database = new DatabaseSync(':memory:')
  database.exec('pragma foreign_keys = on')
  const db = new Kysely<Tables>({ dialect: nodeSqliteDialect(database) })
  const reader = new Kysely<Tables>({ dialect: nodeSqliteDialect(database) })
  const migrated = await migrate(db, { bytes: 'blob' })
  const removals = tableNames(database)
    .filter((name) => !KEPT_TABLES.has(name))
    .map((name) => database.prepare(`delete from ${name}`))
  removals.push(database.prepare('update projects set webhook_secrets = null, limits = null'))
  return {
    database,
    db,
    reader,
    migrated,
    empty: () => {
      // A sequence that broke an invariant may have been left in the middle of a write.
      if (database.isTransaction) database.exec('rollback')
      for (const removal of removals) removal.run()
    },
  }
}

/** The production store over a database in memory. */
async function memoryStore(clock: Clock): Promise<BaseStore> {
  memory ??= openMemory()
  const { database, db, reader, migrated, empty } = await memory
  empty()
  const store = sqliteStoreOn({
    db,
    reader,
    readerDatabase: database,
    path: ':memory:',
    clock,
    migrated,
    release: () => {},
  })
  // The connection stays for the next world.
  return { store, rows: database, reopen: async () => {}, close: async () => {} }
}

let image: Promise<string> | undefined

/** A migrated database file, to be copied. */
async function makeImage(): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'reelay-sim-image-'))
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }))
  const path = join(directory, 'reelay.db')
  const store = await openSqliteStore({ path, clock: new TestClock() })
  await store.close()
  return path
}

/** The production store on a file, as it is shipped: write-ahead log, every commit synchronised. */
async function diskStore(clock: Clock): Promise<BaseStore> {
  image ??= makeImage()
  const directory = mkdtempSync(join(tmpdir(), 'reelay-sim-'))
  const path = join(directory, 'reelay.db')
  copyFileSync(await image, path)
  let store = await openSqliteStore({ path, clock })
  const rows = new DatabaseSync(path, { readOnly: true })
  return {
    get store() {
      return store
    },
    rows,
    reopen: async () => {
      await store.close()
      store = await openSqliteStore({ path, clock })
    },
    close: async () => {
      await store.close()
      rows.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

export const openBaseStore = (kind: StoreKind, clock: Clock): Promise<BaseStore> =>
  kind === 'memory' ? memoryStore(clock) : diskStore(clock)
