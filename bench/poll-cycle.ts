import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { DatabaseSync } from 'node:sqlite'
import { atLeast, plain, type BenchOptions, type Figure } from './figure.ts'
import { ACCOUNTS, openInstantEngine } from './instant-engine.ts'
import { median } from './median.ts'
import { databaseIn, seedJobs, type SeededJob } from './seed-jobs.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const TASKS = 10_000
const ROUNDS = 3
const SECONDS_PER_ROUND = 4
const WARM_UP_MS = 1_500
const BATCH = 200
const LEASE_MS = 30_000
const LOOK_MS = 1_000
const AIM = 0.7

/**
 * Looks without news on SQLite, all due, answered at once: the whole engine beside the lease scan and nothing else, which
 * reads no task, makes no look, tells nobody, and would notice nothing.
 */
export async function benchPollCycle({ isShort }: BenchOptions): Promise<readonly Figure[]> {
  await using directory = await temporaryDirectory()
  const nowMs = Date.now()
  const jobs = Array.from({ length: TASKS }, (_, index): SeededJob => {
    const account = ACCOUNTS[index % ACCOUNTS.length] ?? ''
    return { account, jobId: `job-${index}`, dueAtMs: nowMs, startedAtMs: nowMs - 60_000 }
  })
  await seedJobs(directory.path, jobs)
  const rates: { bare: number[]; reelay: number[] } = { bare: [], reelay: [] }
  for (let round = 0; round < (isShort ? 1 : ROUNDS); round += 1) {
    rates.bare.push(await bareRound(databaseIn(directory.path)))
    rates.reelay.push(await engineRound(directory.path))
  }
  const [bare, reelay] = [median(rates.bare), median(rates.reelay)]
  const baseline = `${bare.toFixed(0)} looks/s: the bare lease scan`
  const what = `the engine's looks on SQLite, ${TASKS} in flight`
  console.log(`  ${reelay.toFixed(0)} looks/s beside ${baseline}`)
  return [
    plain({ figure: what, value: reelay, unit: 'looks/s', baseline }),
    atLeast(AIM, { figure: `${what}, of the bare scan`, value: reelay / bare, baseline }),
  ]
}

async function engineRound(dataDir: string): Promise<number> {
  const { reelay, provider } = await openInstantEngine({ REELAY_DATA_DIR: dataDir })
  await reelay.start()
  await sleep(WARM_UP_MS)
  const [before, startedMs] = [provider.probes, performance.now()]
  await sleep(SECONDS_PER_ROUND * 1_000)
  const rate = ((provider.probes - before) * 1_000) / (performance.now() - startedMs)
  await reelay.stop()
  return rate
}

/** On a copy of the schedule with its index, in the same file and as durable. */
async function bareRound(path: string): Promise<number> {
  using database = new DatabaseSync(path)
  database.exec('pragma journal_mode = wal; pragma synchronous = full')
  database.exec('drop table if exists bare_schedule; create table bare_schedule as select * from schedule')
  database.exec('create unique index bare_id on bare_schedule (task_id)')
  database.exec('create index bare_due on bare_schedule (account, due_at)')
  const claim = database.prepare(
    `update bare_schedule set due_at = ?, lease_owner = 'bare', fence = fence + 1 where task_id in
      (select task_id from bare_schedule where account = ? and due_at <= ? order by due_at limit ${BATCH})
      returning task_id, fence`,
  )
  const give = database.prepare(
    'update bare_schedule set due_at = ?, lease_owner = null where task_id = ? and fence = ?',
  )
  const startedMs = performance.now()
  let looks = 0
  for (let turn = 0; performance.now() - startedMs < SECONDS_PER_ROUND * 1_000; turn += 1) {
    const nowMs = Date.now()
    database.exec('begin immediate')
    const leased = claim.all(nowMs + LEASE_MS, ACCOUNTS[turn % ACCOUNTS.length] ?? '', nowMs)
    database.exec('commit')
    database.exec('begin immediate')
    for (const row of leased) give.run(nowMs + LOOK_MS, row['task_id'] ?? '', row['fence'] ?? 0)
    database.exec('commit')
    looks += leased.length
    await nextTurn()
  }
  const rate = (looks * 1_000) / (performance.now() - startedMs)
  database.exec('drop table bare_schedule')
  return rate
}
