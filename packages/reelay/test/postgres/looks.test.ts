import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Client } from 'pg'
import { openPostgresStore } from '../../src/store/postgres/postgres-store.ts'
import type { Claim, Move } from '../../src/store/store.ts'
import { systemClock } from '../../src/system/clock.ts'
import { silentLog } from '../../src/system/log.ts'
import { TestClock } from '../../src/system/test-clock.ts'
import { StoreSubject } from '../contract/store-subject.ts'
import { startPostgres, type RealPostgres } from '../support/real-postgres.ts'

const HOUR_MS = 3_600_000
const TASKS = 50

let server: RealPostgres
let databases = 0

before(async () => {
  server = await startPostgres()
})

after(() => server[Symbol.asyncDispose]())

type Subject = StoreSubject & { database: Client }

/** With a view of the database that does not go through the store. */
async function open(): Promise<Subject> {
  databases += 1
  const url = await server.createDatabase(`looks_${databases}`)
  const clock = new TestClock()
  const nowMs = (): number => clock.nowMs()
  const { store } = await openPostgresStore({ url, clock: systemClock, log: silentLog, nowMs })
  const database = new Client({ connectionString: url })
  await database.connect()
  const close = store.close.bind(store)
  store.close = async () => {
    await database.end()
    await close()
  }
  return Object.assign(new StoreSubject(clock, store), { database })
}

/** Tasks that run, all claimed. */
async function runningTasks(s: Subject, count: number): Promise<readonly Claim[]> {
  const ids: string[] = []
  for (let index = 0; index < count; index += 1) {
    ids.push((await s.create()).id)
    await s.run(`job-${index}`, { dueAtMs: s.clock.nowMs() + HOUR_MS })
  }
  s.clock.advance(HOUR_MS)
  const claims = await s.claim()
  assert.equal(claims.length, count)
  return claims.toSorted((one, other) => ids.indexOf(one.taskId) - ids.indexOf(other.taskId))
}

const look = (s: Subject, claim: Claim, patch: Partial<Move> = {}): Move =>
  s.move(claim, 'running', { dueAtMs: s.clock.nowMs() + HOUR_MS, looked: true, hintStep: null, ...patch })

async function transactions({ database }: Subject): Promise<number> {
  const { rows } = await database.query('select txid_current() as id')
  return Number((rows as { id: string }[])[0]?.id)
}

async function dueAt({ database }: Subject, id: string): Promise<unknown> {
  const { rows } = await database.query('select due_at, lease_owner from schedule where task_id = $1', [id])
  const [row] = rows as { due_at: string; lease_owner: string | null }[]
  return { dueAtMs: Number(row?.due_at), owner: row?.lease_owner }
}

test(`${TASKS} looks without news that end together are a few transactions, and each is written`, async () => {
  await using s = await open()
  const claims = await runningTasks(s, TASKS)
  const usedBefore = await transactions(s)
  const outcomes = await Promise.all(
    claims.map((claim, index) =>
      s.store.commit(look(s, claim, { dueAtMs: s.clock.nowMs() + 1_000 + index })),
    ),
  )
  const used = (await transactions(s)) - usedBefore - 1
  assert.ok(used <= 2, `${used} transactions`)
  for (const [index, { taskId }] of claims.entries()) {
    const expected = { dueAtMs: s.clock.nowMs() + 1_000 + index, owner: null }
    assert.deepEqual(await dueAt(s, taskId), expected)
    const outcome = outcomes[index]
    assert.ok(outcome?.kind === 'committed' && outcome.task.id === taskId && outcome.dueAtMs === undefined)
  }
  assert.deepEqual(await s.claim(), [])
  s.clock.advance(2_000)
  assert.deepEqual(
    (await s.claim()).map(({ lookedAtMs }) => lookedAtMs),
    claims.map(() => s.clock.nowMs() - 2_000),
  )
})

test('looks together: a task that cannot be read fails alone', async () => {
  await using s = await open()
  const [broken, whole] = await runningTasks(s, 2)
  await s.database.query(`update tasks set state = 'dreaming' where id = $1`, [broken!.taskId])
  const [failed, written] = await Promise.allSettled([
    s.store.commit(look(s, broken!)),
    s.store.commit(look(s, whole!)),
  ])
  assert.deepEqual([failed.status, written.status], ['rejected', 'fulfilled'])
  assert.deepEqual(await dueAt(s, whole!.taskId), { dueAtMs: s.clock.nowMs() + HOUR_MS, owner: null })
})
