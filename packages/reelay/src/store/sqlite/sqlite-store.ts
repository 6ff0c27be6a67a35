import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { Kysely } from 'kysely'
import type { Clock } from '../../system/clock.ts'
import { Announcer } from '../sql/announcer.ts'
import { LookWriter } from '../sql/look-writer.ts'
import { migrate, schemaStateOf, type Migrated } from '../sql/migrate.ts'
import type { Tables } from '../sql/schema.ts'
import { SqlStore } from '../sql/sql-store.ts'
import { StoreUnavailable, type Store } from '../store.ts'
import { backupDatabase } from './backup-database.ts'
import { Checkpoints } from './checkpoints.ts'
import { giveBack } from './give-back.ts'
import { GroupWriter } from './group-writer.ts'
import { nodeSqliteDialect } from './node-sqlite-dialect.ts'
import { openDatabase } from './open-database.ts'
import { takeOwnerLock } from './owner-lock.ts'
import { SqliteReads } from './sqlite-reads.ts'
import { WallClockWatch } from './wall-clock-watch.ts'

/**
 * Opens the database file, creating and migrating it as needed.
 * @throws DatabaseOwned when another process owns it; DatabaseMoved; Error when Node's SQLite is too old.
 */
export async function openSqliteStore(options: { path: string; clock: Clock }): Promise<Store> {
  mkdirSync(dirname(options.path), { recursive: true, mode: 0o700 })
  const lock = takeOwnerLock(options.path, { pid: process.pid })
  const opened: DatabaseSync[] = []
  const open = (readOnly: boolean): DatabaseSync => {
    const database = openDatabase(options.path, readOnly)
    opened.push(database)
    return database
  }
  try {
    const writing = open(false)
    const db = new Kysely<Tables>({ dialect: nodeSqliteDialect(writing) })
    const migrated = await migrate(db, { bytes: 'blob' })
    const { path, clock } = options
    const readerDatabase = open(true)
    const reader = new Kysely<Tables>({ dialect: nodeSqliteDialect(readerDatabase) })
    const checkpoints = new Checkpoints(path, writing, clock)
    const release = (): void => lock.release()
    return sqliteStoreOn({ db, reader, readerDatabase, path, clock, migrated, checkpoints, release })
  } catch (error) {
    for (const database of opened) if (database.isOpen) database.close()
    lock.release()
    throw error
  }
}

type Connections = {
  db: Kysely<Tables>
  reader: Kysely<Tables>
  /** The connection of `reader`. */
  readerDatabase: DatabaseSync
  path: string
  clock: Clock
  migrated: Migrated
  /** None where there is no log. */
  checkpoints?: Checkpoints
  /** After the connections are closed. */
  release: () => void
}

/** Writes in groups on one connection, reads on another. */
export function sqliteStoreOn(connections: Connections): Store {
  const { db, reader, readerDatabase, path, clock, migrated, checkpoints, release } = connections
  const nowMs = (): number => clock.nowMs()
  const closing = new AbortController()
  const announcer = new Announcer()
  const writer = new GroupWriter({
    db,
    nowMs,
    announcer,
    watch: new WallClockWatch(clock),
    ...(checkpoints && { checkpoints }),
  })
  return new SqlStore({
    writer,
    reader,
    reads: new SqliteReads(readerDatabase, nowMs),
    announcer,
    looks: new LookWriter(writer, giveBack),
    nowMs,
    isAlone: true,
    upkeep: {
      schema: schemaStateOf(migrated),
      backup: (target, signal) => backupDatabase(path, target, AbortSignal.any([signal, closing.signal])),
    },
    close: async () => {
      closing.abort(new StoreUnavailable('the store is closed'))
      await checkpoints?.close()
      await db.destroy()
      await reader.destroy()
      if (readerDatabase.isOpen) readerDatabase.close()
      release()
    },
  })
}
