import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from '../packages/reelay/test/support/plain-postgres.ts'
import { openPostgresStore } from '../packages/reelay/src/store/postgres/postgres-store.ts'
import { systemClock } from '../packages/reelay/src/system/clock.ts'
import { silentLog } from '../packages/reelay/src/system/log.ts'
import type { RealPostgres } from '../packages/reelay/test/support/real-postgres.ts'
import { BareScan } from './bare-scan.ts'
import { costOf, spentSoFar, type Cost } from './database-cost.ts'
import { ACCOUNTS, openInstantEngine } from './instant-engine.ts'
import { median } from './median.ts'
import { seedRunning } from './seed-running.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const SIZES = [10_000, 100_000, 1_000_000]
const ROUNDS = 3
const SECONDS_PER_ROUND = 4
const WARM_UP_MS = 1_500
/** Looks per second and what one costs, by the number of tasks in flight, beside nothing but the lease scan. */
export async function benchPolls(postgres: RealPostgres, sizes: readonly number[] = SIZES): Promise<void> {
  await using directory = await temporaryDirectory()
  const url = await postgres.createDatabase('polls')
  const { store } = await openPostgresStore({ url, clock: systemClock, log: silentLog })
  await store.close()
  const client = new Client({ connectionString: url })
  await client.connect()
  console.log(
    `Looks without news, ${ACCOUNTS.length} accounts, all due, upstream answers at once; ` +
      `medians of ${ROUNDS} alternating rounds of ${SECONDS_PER_ROUND} s`,
  )
  for (const count of sizes) {
    await seedRunning(client, { accounts: ACCOUNTS, count })
    const bare = await BareScan.open(url, client, ACCOUNTS)
    const costs: { bare: Cost[]; reelay: Cost[] } = { bare: [], reelay: [] }
    for (let round = 0; round < ROUNDS; round += 1) {
      costs.bare.push(await bareRound(bare, client))
      costs.reelay.push(await engineRound(url, directory.path, client))
    }
    await bare.close()
    report(count, costs)
  }
  await client.end()
}

async function bareRound(bare: BareScan, client: Client): Promise<Cost> {
  const running = bare.run()
  await sleep(WARM_UP_MS)
  const looksBefore = bare.looks
  const before = await spentSoFar(client)
  await sleep(SECONDS_PER_ROUND * 1_000)
  const after = await spentSoFar(client)
  const cost = costOf(before, after, bare.looks - looksBefore)
  bare.stop()
  await running
  return cost
}

async function engineRound(url: string, dataDir: string, client: Client): Promise<Cost> {
  const { reelay, provider } = await openInstantEngine({
    REELAY_DATABASE_URL: url,
    REELAY_DATA_DIR: dataDir,
    REELAY_ROLE: 'worker',
  })
  await reelay.start()
  await sleep(WARM_UP_MS)
  const looksBefore = provider.probes
  const before = await spentSoFar(client)
  await sleep(SECONDS_PER_ROUND * 1_000)
  const after = await spentSoFar(client)
  const cost = costOf(before, after, provider.probes - looksBefore)
  await reelay.stop()
  return cost
}

const of = (list: readonly Cost[], name: keyof Cost): number => median(list.map((cost) => cost[name]))

function report(count: number, costs: { bare: readonly Cost[]; reelay: readonly Cost[] }): void {
  console.log(`  ${count} in flight`)
  for (const [name, list] of [
    ['bare lease scan', costs.bare],
    ['reelay, the engine', costs.reelay],
  ] as const) {
    const rate = of(list, 'perSecond').toFixed(0).padStart(7)
    const node = of(list, 'nodeMicroseconds').toFixed(0).padStart(5)
    const database = of(list, 'databaseMicroseconds').toFixed(0).padStart(5)
    const wal = of(list, 'walBytes').toFixed(0).padStart(6)
    console.log(
      `    ${name.padEnd(20)} ${rate} looks/s  ${node} µs Node  ${database} µs database  ${wal} B WAL`,
    )
  }
  const ratio = of(costs.reelay, 'perSecond') / of(costs.bare, 'perSecond')
  console.log(`    ratio ${ratio.toFixed(2)}`)
}
