import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { Kysely, PostgresDialect, sql } from 'kysely'
import type { Clock } from '../../system/clock.ts'
import type { Log } from '../../system/log.ts'
import type { DatabaseLocation } from '../database-location.ts'
import type { MovedMark } from '../database-moved.ts'
import { advisoryLocks, ONE_WRITER, type Locks } from '../sql/locks.ts'
import { migrate, migrationsIn, tableNames, type Migrated } from '../sql/migrate.ts'
import { findMovedMark } from '../sql/moved-mark.ts'
import type { Tables } from '../sql/schema.ts'
import { nodeSqliteDialect } from '../sqlite/node-sqlite-dialect.ts'
import { openDatabase } from '../sqlite/open-database.ts'
import { takeOwnerLock } from '../sqlite/owner-lock.ts'
import { MoveRefused } from './move-refused.ts'

/** A table is counted, or rows are written, in one statement. */
const STATEMENT_MS_MAX = 600_000

/** A database in the hands of a tool rather than of a gateway. */
export type OpenTables = AsyncDisposable & {
  kind: DatabaseLocation['kind']
  db: Kysely<Tables>
  /** The time that its rows are compared with. */
  nowMs(): Promise<number>
  locksOf(db: Kysely<Tables>): Locks
  /** There when it was moved elsewhere: then it is left as it is. */
  mark: MovedMark | undefined
  migrated: Migrated
  /** A process that was not heard of for so long is gone. */
  silentMs: number
}

export type OpenTablesOptions = {
  clock: Clock
  log: Log
  /** Whether a database file is made where there is none. */
  creates: boolean
  silentMs: number
}

/**
 * Opens the configured database and brings its tables up to date, without working on its tasks.
 * @throws DatabaseOwned when a gateway uses the file; MoveRefused when there is none; StoreUnavailable
 */
export async function openTables(
  database: DatabaseLocation,
  options: OpenTablesOptions,
): Promise<OpenTables> {
  if (database.kind === 'sqlite') return openFile(database.path, options)
  const { Connections } = await import('../postgres/connections.ts')
  const { url } = database
  const { clock, log, silentMs } = options
  const pool = new Connections({ url, connectionsMax: 2, clock, log, statementMsMax: STATEMENT_MS_MAX })
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
  try {
    return {
      kind: 'postgres',
      db,
      nowMs: () => databaseNowMs(db),
      locksOf: advisoryLocks,
      silentMs,
      ...(await prepare(db, 'bytea')),
      [Symbol.asyncDispose]: () => db.destroy(),
    }
  } catch (error) {
    await db.destroy()
    throw error
  }
}

async function openFile(path: string, { clock, creates, silentMs }: OpenTablesOptions): Promise<OpenTables> {
  if (!creates && !existsSync(path))
    throw new MoveRefused(`There is no database at ${path}: check REELAY_DATA_DIR and REELAY_DATABASE_URL.`)
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  await using opened = new AsyncDisposableStack()
  const lock = takeOwnerLock(path, { pid: process.pid })
  opened.defer(() => lock.release())
  const db = new Kysely<Tables>({ dialect: nodeSqliteDialect(openDatabase(path, false)) })
  opened.defer(() => db.destroy())
  const tables = await prepare(db, 'blob')
  const held = opened.move()
  return {
    kind: 'sqlite',
    db,
    nowMs: () => Promise.resolve(clock.nowMs()),
    locksOf: () => ONE_WRITER,
    silentMs,
    ...tables,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  }
}

async function prepare(
  db: Kysely<Tables>,
  bytes: 'blob' | 'bytea',
): Promise<Pick<OpenTables, 'mark' | 'migrated'>> {
  const tables = await tableNames(db)
  const mark = await findMovedMark(db, tables)
  if (mark === undefined) return { mark, migrated: await migrate(db, { bytes }) }
  return { mark, migrated: { applied: [], newer: [], inPlace: await migrationsIn(db, tables) } }
}

async function databaseNowMs(db: Kysely<Tables>): Promise<number> {
  const { rows } = await sql<{ now: number }>`
    select floor(extract(epoch from clock_timestamp()) * 1000)::bigint as now`.execute(db)
  const [row] = rows
  if (row === undefined) throw new Error('the database does not tell the time')
  return row.now
}
