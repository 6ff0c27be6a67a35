import { after, before } from 'node:test'
import { openStoreOn } from '../../src/store/postgres/postgres-store.ts'
import type { Store } from '../../src/store/store.ts'
import { systemClock, type Clock } from '../../src/system/clock.ts'
import { PgliteConnections } from '../support/pglite-connections.ts'
import { storeCallbackContract } from './store-callback-contract.ts'
import type { OpenTables, Row } from './store-callback-subject.ts'
import { storeContract } from './store-contract.ts'
import { storeRetentionContract } from './store-retention-contract.ts'

/** The same dialect without a server: it has one connection, so what several do at once is for `postgres-store.test.ts`. */
let connections: PgliteConnections
let emptying: string

before(async () => {
  connections = await PgliteConnections.open()
  const { store } = await openStoreOn(connections, { clock: systemClock, nowMs: undefined })
  await store.close()
  const tables = await connections.query<{ name: string }>(
    `select tablename as name from pg_tables where schemaname = 'public' and tablename not like 'kysely%'`,
    [],
  )
  emptying = `truncate ${tables.map(({ name }) => name).join(', ')};
    insert into projects (id, name, created_at) values ('default', 'Default', 0)`
})

after(async () => {
  await connections.database.close()
})

const openTables: OpenTables = async (clock) => {
  await connections.database.exec(emptying)
  const { store } = await openStoreOn(connections, { clock: systemClock, nowMs: () => clock.nowMs() })
  return { store, rows: (table) => connections.query<Row>(`select * from ${table} order by ctid`, []) }
}

const open = async (clock: Clock): Promise<Store> => (await openTables(clock)).store

storeContract(open)
storeCallbackContract(openTables)
storeRetentionContract(openTables)
