import assert from 'node:assert/strict'
import { test } from 'node:test'
import { summarise } from '@reelay/simulator'
import { z } from 'zod'
import { systemClock } from '../../src/system/clock.ts'
import { API_KEY } from '../crash/gateway-process.ts'
import { COMET, Fleet, type Replica } from './fleet.ts'

const LEASE_MS = 2_000
/** Longer than a lease. */
const OUTAGE_MS = 3_000
const STOPS = 2
const CREATORS = 4
/** Creates that are accepted before each stop, and after the last. */
const TASKS_PER_PART = 25
const TRIES_MAX = 20_000

const answerSchema = z.object({ id: z.string() })
const refusalSchema = z.object({ error: z.object({ code: z.string() }) })

const headers = (extra: Readonly<Record<string, string>> = {}): Record<string, string> => ({
  authorization: `Bearer ${API_KEY}`,
  'content-type': 'application/json',
  ...extra,
})

/** Clients that create one task after the other, and send again what was refused, as the same request. */
class Load {
  readonly accepted = new Map<string, string>()
  /** Prompts that were refused, each with how often; and refused by what. */
  readonly refused = new Map<string, number>()
  readonly refusals = new Set<string>()
  readonly #replicas: readonly Replica[]
  #limit = 0
  #next = 0
  #more = Promise.withResolvers<void>()
  #isOver = false

  constructor(replicas: readonly Replica[]) {
    this.#replicas = replicas
  }

  async run(): Promise<void> {
    await Promise.all(Array.from({ length: CREATORS }, () => this.#createOnAndOn()))
  }

  /** Lets so many more tasks be made. */
  allow(count: number): void {
    this.#limit += count
    this.#more.resolve()
    this.#more = Promise.withResolvers<void>()
  }

  end(): void {
    this.#isOver = true
    this.allow(0)
  }

  async #createOnAndOn(): Promise<void> {
    for (;;) {
      while (this.#next >= this.#limit) {
        if (this.#isOver) return
        await this.#more.promise
      }
      this.#next += 1
      await this.#create(this.#next)
    }
  }

  async #create(index: number): Promise<void> {
    const prompt = `outage-${index} [up:steps=queued,running:40,done] [up:no-url]`
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      const { gateway } = this.#replicas[(index + tries) % this.#replicas.length] ?? assert.fail()
      const response = await fetch(`${gateway.url}/v1/videos`, {
        method: 'POST',
        headers: headers({ 'idempotency-key': `outage-${index}` }),
        body: JSON.stringify({ model: 'wan2.6', prompt }),
      })
      const body: unknown = await response.json()
      if (response.ok) {
        this.accepted.set(answerSchema.parse(body).id, prompt)
        return
      }
      this.refused.set(prompt, (this.refused.get(prompt) ?? 0) + 1)
      this.refusals.add(`${response.status} ${refusalSchema.parse(body).error.code}`)
    }
    assert.fail(`${prompt} was never accepted`)
  }
}

const ACCEPTED = 'select count(*) from tasks'
const OPEN = `select count(*) from tasks where state not in ('completed', 'failed', 'error', 'unknown')`

test(
  `${STOPS} hard stops of PostgreSQL under load: creates answer 503 and reach no provider, and all goes on by itself`,
  { timeout: 240_000 },
  async (t) => {
    await using fleet = await Fleet.open({ ...COMET, leaseMs: LEASE_MS })
    const quiet = { REELAY_LOG_LEVEL: 'silent' }
    const replicas = await Promise.all([fleet.start(quiet), fleet.start(quiet)])
    const load = new Load(replicas)
    const running = load.run()
    for (let stop = 1; stop <= STOPS; stop += 1) {
      load.allow(TASKS_PER_PART + CREATORS)
      await fleet.audit.until(ACCEPTED, [], (count) => count >= stop * TASKS_PER_PART)
      load.allow(CREATORS)
      await fleet.database.postgres.stop('immediate')
      await checkOutage(fleet, replicas, load)
      await fleet.database.postgres.start()
    }
    load.allow(TASKS_PER_PART)
    load.end()
    await running
    await fleet.audit.until(OPEN, [], (count) => count === 0)
    const unknown = await fleet.audit.bringDeadlinesForward()
    await fleet.audit.until(`select count(*) from schedule`, [], (count) => count === 0)
    await checkEnds(fleet, load)
    assert.ok(unknown <= STOPS * CREATORS, `the answers of ${unknown} submits were lost`)
    assert.deepEqual([...load.refusals], ['503 overloaded'])
    const refusals = [...load.refused.values()].reduce((sum, count) => sum + count, 0)
    t.diagnostic(`${load.accepted.size} accepted, ${refusals} refusals with 503, ${unknown} answers lost`)
  },
)

/** As long as it lasts: every request is refused, and what is refused is unknown to the provider. */
async function checkOutage(fleet: Fleet, replicas: readonly Replica[], load: Load): Promise<void> {
  const untilMs = systemClock.monotonicMs() + OUTAGE_MS
  const acceptedBefore = load.accepted.size
  const [id = ''] = load.accepted.keys()
  const mark = `at ${untilMs}`
  while (systemClock.monotonicMs() < untilMs) {
    for (const { gateway } of replicas) {
      const created = await fetch(`${gateway.url}/v1/videos`, {
        method: 'POST',
        headers: headers(),
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
  assert.equal(load.accepted.size, acceptedBefore)
  const { jobsByPrompt } = summarise(fleet.upstream.readLedger())
  assert.equal(jobsByPrompt[mark], undefined)
}

async function checkEnds({ audit, upstream }: Fleet, load: Load): Promise<void> {
  const tasks = await audit.rows<{ id: string; state: string; error: string | null }>(
    'select id, state, error from tasks',
  )
  assert.deepEqual(tasks.map(({ id }) => id).toSorted(), [...load.accepted.keys()].toSorted())
  const { jobsByPrompt, mostByPrompt } = summarise(upstream.readLedger())
  assert.equal(mostByPrompt, 1)
  for (const { id, state, error } of tasks) {
    const jobs = jobsByPrompt[load.accepted.get(id) ?? ''] ?? 0
    if (state === 'completed') assert.equal(jobs, 1)
    else assert.match(String(error), /submit_outcome_unknown/, `${id} is ${state}`)
  }
  const orphans = `select count(*) from task_events where kind = 'upstream.orphan'`
  assert.equal(await audit.count(orphans), 0, 'every job that was made belongs to its task')
  assert.deepEqual(await audit.violations(), { doubleClaims: 0, brokenFences: 0, changedEnds: 0 })
}
