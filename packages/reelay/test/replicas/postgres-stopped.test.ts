import assert from 'node:assert/strict'
import { test } from 'node:test'
import { summarise } from '@reelay/simulator'
import { systemClock } from '../../src/system/clock.ts'
import { API_KEY } from '../crash/gateway-process.ts'
import { Load } from '../chaos/load.ts'
import { Targets } from '../chaos/targets.ts'
import { COMET, Fleet, type Replica } from './fleet.ts'

const LEASE_MS = 2_000
/** Longer than a lease. */
const OUTAGE_MS = 3_000
const STOPS = 2
const SEED = 11
/** Creates that are accepted before each stop, and after the last. */
const TASKS_PER_PART = 25
/** And so many that may come while it is away. */
const TASKS_MEANWHILE = 8

const promptOf = (index: number): string => `outage-${index} [up:steps=queued,running:40,done] [up:no-url]`

const ACCEPTED = 'select count(*) from tasks'
const NOT_SENT = `select count(*) from tasks where state in ('queued', 'submitting')`
const OPEN = `select count(*) from tasks where state not in ('completed', 'failed', 'error', 'unknown')`

test(
  `${STOPS} hard stops of PostgreSQL under load: creates answer 503 and reach no provider, and all goes on by itself`,
  { timeout: 240_000 },
  async (t) => {
    await using fleet = await Fleet.open({ ...COMET, leaseMs: LEASE_MS })
    const quiet = { REELAY_LOG_LEVEL: 'silent' }
    const replicas = await Promise.all([fleet.start(quiet), fleet.start(quiet)])
    using targets = new Targets()
    for (const replica of replicas) targets.add(replica)
    const load = new Load(targets, { seed: SEED, promptOf, burst: TASKS_PER_PART })
    const running = load.run()
    // Where a check fails, it is what is told, not that the load found no one to ask any more.
    running.catch(() => undefined)
    for (let stop = 1; stop <= STOPS; stop += 1) {
      const before = stop * TASKS_PER_PART + (stop - 1) * TASKS_MEANWHILE
      load.allowUpTo(before)
      await fleet.audit.until(ACCEPTED, [], (count) => count === before)
      await fleet.audit.until(NOT_SENT, [], (count) => count === 0)
      load.allowUpTo(before + TASKS_MEANWHILE)
      await fleet.database.postgres.stop('immediate')
      await checkOutage(fleet, replicas, load)
      await fleet.database.postgres.start()
    }
    load.allowUpTo(STOPS * (TASKS_PER_PART + TASKS_MEANWHILE) + TASKS_PER_PART)
    load.end()
    await running
    await fleet.audit.until(OPEN, [], (count) => count === 0)
    const unknown = await fleet.audit.bringDeadlinesForward()
    await fleet.audit.until(`select count(*) from schedule`, [], (count) => count === 0)
    await checkEnds(fleet, load)
    assert.ok(unknown <= STOPS * TASKS_MEANWHILE, `the answers of ${unknown} submits were lost`)
    assert.deepEqual(load.faults, [])
    const { refused } = load.counts
    assert.ok((refused['503 overloaded'] ?? 0) > 0)
    t.diagnostic(`${load.prompts.size} accepted, ${JSON.stringify(refused)}, ${unknown} answers lost`)
  },
)

/** As long as it lasts: every request is refused, and what is refused is unknown to the provider. */
async function checkOutage(fleet: Fleet, replicas: readonly Replica[], load: Load): Promise<void> {
  const untilMs = systemClock.monotonicMs() + OUTAGE_MS
  const acceptedBefore = load.prompts.size
  const [id = ''] = load.prompts.keys()
  const mark = `at ${untilMs}`
  while (systemClock.monotonicMs() < untilMs) {
    for (const { gateway } of replicas) {
      const created = await fetch(`${gateway.url}/v1/videos`, {
        method: 'POST',
        headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'wan2.6', prompt: mark }),
      })
      const read = await gateway.get(`/v1/videos/${id}`)
      const ready = await gateway.get('/readyz')
      const alive = await gateway.get('/healthz')
      assert.deepEqual([created.status, read.status, ready.status, alive.status], [503, 503, 503, 200])
      assert.ok(Number(created.headers.get('retry-after')) > 0)
      for (const { body } of [created, read, ready, alive]) await body?.cancel()
    }
  }
  assert.equal(load.prompts.size, acceptedBefore)
  const { jobsByPrompt } = summarise(fleet.upstream.readLedger())
  assert.equal(jobsByPrompt[mark], undefined)
}

async function checkEnds({ audit, upstream }: Fleet, load: Load): Promise<void> {
  const tasks = await audit.rows<{ id: string; state: string; error: string | null }>(
    'select id, state, error from tasks',
  )
  assert.deepEqual(tasks.map(({ id }) => id).toSorted(), [...load.prompts.keys()].toSorted())
  const { jobsByPrompt, mostByPrompt } = summarise(upstream.readLedger())
  assert.equal(mostByPrompt, 1)
  for (const { id, state, error } of tasks) {
    const jobs = jobsByPrompt[load.prompts.get(id) ?? ''] ?? 0
    if (state === 'completed') assert.equal(jobs, 1)
    else assert.match(String(error), /submit_outcome_unknown/, `${id} is ${state}`)
  }
  const orphans = `select count(*) from task_events where kind = 'upstream.orphan'`
  assert.equal(await audit.count(orphans), 0, 'every job that was made belongs to its task')
  assert.deepEqual(await audit.violations(), { doubleClaims: 0, brokenFences: 0, changedEnds: 0 })
}
