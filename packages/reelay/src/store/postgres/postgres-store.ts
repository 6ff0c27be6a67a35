import { Kysely, PostgresDialect, type PostgresPool } from 'kysely'
import type { Clock } from '../../system/clock.ts'
import type { Log } from '../../system/log.ts'
import { Announcer } from '../sql/announcer.ts'
import { migrate, schemaStateOf, type Migrated } from '../sql/migrate.ts'
import type { Tables } from '../sql/schema.ts'
import { LookWriter } from '../sql/look-writer.ts'
import { SqlStore } from '../sql/sql-store.ts'
import type { Store } from '../store.ts'
import { BackupUnsupported } from '../upkeep.ts'
import { ChangeFeed } from './change-feed.ts'
import { Connections } from './connections.ts'
import { DatabaseClock } from './database-clock.ts'
import { giveBack } from './give-back.ts'
import { PostgresReads } from './postgres-reads.ts'
import { PostgresWriter } from './postgres-writer.ts'

const CONNECTIONS_MAX = 10
/** An index of a large table takes its time, and so does waiting for another process that makes it. */
const MIGRATION_STATEMENT_MS_MAX = 600_000
const USE_PG_DUMP = 'PostgreSQL has backups of its own: use pg_dump, or those of whoever runs the server'

export type PostgresStoreOptions = {
  /** `postgres://user:password@host:port/database` */
  url: string
  clock: Clock
  log: Log
  /** Connections of this process at a time; 10 unless given. */
  connectionsMax?: number
  /** Names this process to others on the database; absent: nobody is told of its changes, and it hears of none. */
  owner?: string
  /** In the place of the database's clock, for tests that own the time. */
  nowMs?: () => number
}

/** The store, and the clock that all replicas on its database share. */
export type PostgresStore = { store: Store; clock: Clock }

/**
 * Connects to the database, creating and migrating the tables as needed.
 * @throws StoreUnavailable when it cannot be reached; DatabaseMoved
 */
export function openPostgresStore(options: PostgresStoreOptions): Promise<PostgresStore> {
  const { url, clock, log, owner, nowMs, connectionsMax = CONNECTIONS_MAX } = options
  const connections = new Connections({ url, connectionsMax, clock, log })
  return openStoreOn(connections, {
    clock,
    nowMs,
    migrated: () => migrateAt({ url, clock, log }),
    feedOf: (announcer) =>
      owner === undefined ? undefined : new ChangeFeed({ url, connections, announcer, owner, clock, log }),
  })
}

type StoreOnOptions = Pick<PostgresStoreOptions, 'clock'> & {
  nowMs: (() => number) | undefined
  /** Brings the tables up to date; absent: by the connections of the store. */
  migrated?: () => Promise<Migrated>
  feedOf?: (announcer: Announcer) => ChangeFeed | undefined
}

async function migrateAt(options: Pick<PostgresStoreOptions, 'url' | 'clock' | 'log'>): Promise<Migrated> {
  const statementMsMax = MIGRATION_STATEMENT_MS_MAX
  const pool = new Connections({ ...options, connectionsMax: 2, statementMsMax })
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
  try {
    return await migrate(db, { bytes: 'bytea' })
  } finally {
    await db.destroy()
  }
}

/** The store over anything that speaks PostgreSQL's language. */
export async function openStoreOn(
  connections: PostgresPool & Pick<Connections, 'query'>,
  options: StoreOnOptions,
): Promise<PostgresStore> {
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: connections }) })
  let migrated: Migrated
  try {
    migrated = await (options.migrated?.() ?? migrate(db, { bytes: 'bytea' }))
  } catch (error) {
    await connections.end()
    throw error
  }
  const clock = new DatabaseClock(options.clock)
  const nowMs = options.nowMs ?? (() => clock.nowMs())
  const announcer = new Announcer()
  const feed = options.feedOf?.(announcer)
  const writer = new PostgresWriter({ db, nowMs: options.nowMs, clock, announcer, feed })
  try {
    // Asks for the time, so that nothing is ever stored by another.
    await writer.write(() => Promise.resolve())
  } catch (error) {
    await connections.end()
    throw error
  }
  feed?.start()
  const store = new SqlStore({
    writer,
    looks: new LookWriter(writer, giveBack),
    reader: db,
    reads: new PostgresReads(connections, nowMs),
    announcer,
    nowMs,
    // Leases are compared with the database's clock, which is not ours to follow.
    isAlone: false,
    upkeep: {
      schema: schemaStateOf(migrated),
      backup: () => Promise.reject(new BackupUnsupported(USE_PG_DUMP)),
    },
    close: async () => {
      await feed?.close()
      await db.destroy()
    },
  })
  return { store, clock }
}
