import { after, before } from 'node:test'
import { Pool, types, type CustomTypesConfig } from 'pg'
import { openPostgresStore } from '../../src/store/postgres/postgres-store.ts'
import type { Store } from '../../src/store/store.ts'
import type { Clock } from '../../src/system/clock.ts'
import { systemClock } from '../../src/system/clock.ts'
import { silentLog } from '../../src/system/log.ts'
import { startPostgres, type RealPostgres } from '../support/real-postgres.ts'
import { storeCallbackContract } from './store-callback-contract.ts'
import type { OpenTables } from './store-callback-subject.ts'
import { storeContract } from './store-contract.ts'
import { storeRetentionContract } from './store-retention-contract.ts'

/** Rows as SQLite gives them. */
const NUMBERS: CustomTypesConfig = {
  getTypeParser: (id, format) => (id === types.builtins.INT8 ? Number : types.getTypeParser(id, format)),
}

let server: RealPostgres
let url: string
let admin: Pool
let tables: readonly string[]

before(async () => {
  server = await startPostgres()
  url = await server.createDatabase('contract')
  const { store } = await openPostgresStore({ url, clock: systemClock, log: silentLog })
  await store.close()
  admin = new Pool({ connectionString: url, max: 2, types: NUMBERS })
  const { rows } = await admin.query<{ name: string }>(
    `select tablename as name from pg_tables where schemaname = 'public' and tablename not like 'kysely%'`,
  )
  tables = rows.map(({ name }) => name)
})

after(async () => {
  await admin.end()
  await server[Symbol.asyncDispose]()
})

/** Emptied between tests: a database for each would take most of their time. */
async function empty(): Promise<void> {
  await admin.query(
    [
      `truncate ${tables.join(', ')}`,
      `insert into projects (id, name, created_at) values ('default', 'Default', 0)`,
    ].join(';'),
  )
}

/** Statements have their time limits by the real clock; what is stored goes by the test's. */
const openTables: OpenTables = async (clock) => {
  await empty()
  const { store } = await openPostgresStore({
    url,
    clock: systemClock,
    log: silentLog,
    connectionsMax: 4,
    nowMs: () => clock.nowMs(),
  })
  return { store, rows: async (table) => (await admin.query(`select * from ${table} order by ctid`)).rows }
}

const open = async (clock: Clock): Promise<Store> => (await openTables(clock)).store

storeContract(open)
storeCallbackContract(openTables)
storeRetentionContract(openTables)
