import { join } from 'node:path'
import { startPostgres, type RealPostgres } from '../support/real-postgres.ts'
import { PostgresAudit, type Audit } from './audit.ts'
import { SqliteAudit } from './sqlite-audit.ts'

const DATABASE = 'fleet'

/** Where a fleet's tasks are: its tables are made, and write down what happens to them. */
export type FleetDatabase = AsyncDisposable & {
  /** What points a gateway at it. */
  settings: Readonly<Record<string, string>>
  audit: Audit
  version: () => Promise<string>
}

export type PostgresDatabase = FleetDatabase & {
  kind: 'postgres'
  audit: PostgresAudit
  postgres: RealPostgres
}

export type SqliteDatabase = FleetDatabase & { kind: 'sqlite'; audit: SqliteAudit }

/** One that writes to the disk for real. */
export async function openPostgresDatabase(): Promise<PostgresDatabase> {
  await using opened = new AsyncDisposableStack()
  const postgres = opened.use(await startPostgres({ durable: true }))
  const url = await postgres.createDatabase(DATABASE)
  const audit = await PostgresAudit.begin(url)
  opened.defer(() => audit.end())
  const all = opened.move()
  return {
    kind: 'postgres',
    settings: { REELAY_DATABASE_URL: url },
    audit,
    postgres,
    version: async () => {
      const [row] = await audit.rows<{ server_version: string }>('show server_version')
      return row?.server_version ?? ''
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

/** One file, which one process at a time may own. */
export async function openSqliteDatabase(directory: string): Promise<SqliteDatabase> {
  const path = join(directory, 'reelay.db')
  const audit = await SqliteAudit.begin(path)
  return {
    kind: 'sqlite',
    settings: { REELAY_DATABASE_URL: `sqlite:${path}`, REELAY_DATA_DIR: join(directory, 'data') },
    audit,
    version: async () => {
      const [row] = await audit.rows<{ version: string }>('select sqlite_version() as version')
      return row?.version ?? ''
    },
    [Symbol.asyncDispose]: () => audit.end(),
  }
}
