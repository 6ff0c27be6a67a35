import { Client, Pool } from '../packages/reelay/test/support/plain-postgres.ts'
import { openPostgresStore } from '../packages/reelay/src/store/postgres/postgres-store.ts'
import { systemClock } from '../packages/reelay/src/system/clock.ts'
import { silentLog } from '../packages/reelay/src/system/log.ts'
import type { RealPostgres } from '../packages/reelay/test/support/real-postgres.ts'
import { costOf, spentSoFar, type Cost } from './database-cost.ts'
import { median } from './median.ts'
import { seedRunning } from './seed-running.ts'

const TASKS = 20_000
const CONNECTIONS = 10
const READERS = 32
const ROUNDS = 7
const MS_PER_ROUND = 2_000

type Read = (id: string) => Promise<unknown>

/** Reading a task by id from PostgreSQL through the store, beside the same row by a bare query of the driver. */
export async function benchReads(postgres: RealPostgres): Promise<void> {
  const url = await postgres.createDatabase('reads')
  const { store } = await openPostgresStore({
    url,
    clock: systemClock,
    log: silentLog,
    connectionsMax: CONNECTIONS,
  })
  const client = new Client({ connectionString: url })
  await client.connect()
  await seedRunning(client, { accounts: ['bench'], count: TASKS })
  const ids = (await client.query<{ id: string }>('select id from tasks')).rows.map(({ id }) => id)
  const pool = new Pool({ connectionString: url, max: CONNECTIONS })
  const ways: { name: string; read: Read; costs: Cost[] }[] = [
    {
      name: 'bare pg, the row alone',
      read: (id) => pool.query('select * from tasks where id = $1', [id]),
      costs: [],
    },
    {
      name: 'bare pg, with its attempt',
      read: (id) =>
        pool.query('select * from tasks left join attempts on task_id = id and n = attempt_n where id = $1', [
          id,
        ]),
      costs: [],
    },
    { name: 'reelay, the whole task', read: async (id) => store.findTask('default', id), costs: [] },
  ]
  for (const { read } of ways) await round(read, ids, client)
  for (let index = 0; index < ROUNDS; index += 1) {
    for (const { read, costs } of ways) costs.push(await round(read, ids, client))
  }
  report(ways)
  await pool.end()
  await client.end()
  await store.close()
}

async function round(read: Read, ids: readonly string[], client: Client): Promise<Cost> {
  const before = await spentSoFar(client)
  const untilMs = performance.now() + MS_PER_ROUND
  let count = 0
  const reader = async (offset: number): Promise<void> => {
    for (let index = offset; performance.now() < untilMs; index += READERS) {
      const found = await read(ids[(index * 37) % ids.length] ?? '')
      if (found === undefined) throw new Error('a task was not found')
      count += 1
    }
  }
  await Promise.all(Array.from({ length: READERS }, (_, index) => reader(index)))
  return costOf(before, await spentSoFar(client), count)
}

function report(ways: readonly { name: string; costs: readonly Cost[] }[]): void {
  console.log(
    `Reads by id, ${TASKS} tasks, ${READERS} at a time on ${CONNECTIONS} connections; ` +
      `medians of ${ROUNDS} alternating rounds of ${MS_PER_ROUND / 1_000} s`,
  )
  const rates = ways.map(({ name, costs }) => {
    const of = (field: keyof Cost): number => median(costs.map((cost) => cost[field]))
    const rate = of('perSecond')
    const cost = `${of('nodeMicroseconds').toFixed(0)} µs Node  ${of('databaseMicroseconds').toFixed(0)} µs database`
    console.log(`  ${name.padEnd(26)} ${rate.toFixed(0).padStart(6)} reads/s  ${cost}`)
    return rate
  })
  console.log(
    `  ratio ${((rates[2] ?? 0) / (rates[0] ?? 1)).toFixed(2)} to the row alone, ${((rates[2] ?? 0) / (rates[1] ?? 1)).toFixed(2)} to both`,
  )
}
