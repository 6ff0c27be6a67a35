import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from '../packages/reelay/test/support/plain-postgres.ts'
import { openPostgresStore } from '../packages/reelay/src/store/postgres/postgres-store.ts'
import { systemClock } from '../packages/reelay/src/system/clock.ts'
import { silentLog } from '../packages/reelay/src/system/log.ts'
import { GatewayProcess } from '../packages/reelay/test/crash/gateway-process.ts'
import type { RealPostgres } from '../packages/reelay/test/support/real-postgres.ts'
import { median } from './median.ts'
import { seedRunning } from './seed-running.ts'
import { openSlowUpstream, type SlowUpstream } from './slow-upstream.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const REPLICAS = [1, 2, 4]
const ANSWER_MS = 200
/** Looks under way in one process: what it can do is then set by the upstream, as with real providers. */
const LOOKS_MAX = 16
const TASKS = 2_000
const ROUNDS = 3
const WARM_UP_MS = 2_000
const SECONDS_PER_ROUND = 5

/** Looks per second of one, two and four processes at a slow upstream, each with the same cap. */
export async function benchReplicas(postgres: RealPostgres): Promise<void> {
  await using directory = await temporaryDirectory()
  await using upstream = await openSlowUpstream(ANSWER_MS)
  const url = await postgres.createDatabase('replicas')
  const { store } = await openPostgresStore({ url, clock: systemClock, log: silentLog })
  await store.close()
  const client = new Client({ connectionString: url })
  await client.connect()
  await seedRunning(client, { accounts: ['cometapi'], count: TASKS })
  await client.end()
  const settings = {
    REELAY_DATABASE_URL: url,
    REELAY_STORAGE_URL: `file:${join(directory.path, 'files')}`,
    REELAY_SECRET: 'a-secret-of-the-bench-that-is-long-enough',
    REELAY_PROVIDERS: 'cometapi',
    COMETAPI_KEY: 'of nobody',
    COMETAPI_BASE_URL: upstream.url,
    LOOK_MS: '10',
    STEPS_MAX: String(LOOKS_MAX),
  }
  const rates = new Map<number, number[]>(REPLICAS.map((count) => [count, []]))
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const count of REPLICAS) {
      const dataDirs = Array.from({ length: count }, (_, index) => join(directory.path, `replica-${index}`))
      const all = dataDirs.map((dataDir) => ({ ...settings, REELAY_DATA_DIR: dataDir }))
      rates.get(count)?.push(await rateOf(all, upstream))
    }
  }
  report(rates)
}

async function rateOf(settings: readonly Record<string, string>[], upstream: SlowUpstream): Promise<number> {
  const gateways = await Promise.all(settings.map((each) => GatewayProcess.start(each)))
  await sleep(WARM_UP_MS)
  const before = upstream.looks
  const startedMs = performance.now()
  await sleep(SECONDS_PER_ROUND * 1_000)
  const rate = ((upstream.looks - before) * 1_000) / (performance.now() - startedMs)
  await Promise.all(gateways.map((gateway) => gateway.stop()))
  return rate
}

function report(rates: ReadonlyMap<number, readonly number[]>): void {
  console.log(
    `Looks at an upstream that takes ${ANSWER_MS} ms, ${LOOKS_MAX} at a time in each process, ${TASKS} tasks; ` +
      `medians of ${ROUNDS} alternating rounds of ${SECONDS_PER_ROUND} s`,
  )
  const one = median(rates.get(1) ?? [])
  for (const [count, list] of rates) {
    const rate = median(list)
    const cap = (count * LOOKS_MAX * 1_000) / ANSWER_MS
    const share = ((rate / cap) * 100).toFixed(0)
    console.log(
      `  ${count} ${count === 1 ? 'process  ' : 'processes'} ${rate.toFixed(0).padStart(5)} looks/s  ` +
        `${share.padStart(3)} % of what the cap allows  speed-up ${(rate / one).toFixed(2)}`,
    )
  }
}
