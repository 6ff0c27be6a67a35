import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Kysely, PostgresDialect } from 'kysely'
import { commit } from '../../src/store/sql/commit.ts'
import { Announcer } from '../../src/store/sql/announcer.ts'
import type { Tables } from '../../src/store/sql/schema.ts'
import { Connections } from '../../src/store/postgres/connections.ts'
import { DatabaseClock } from '../../src/store/postgres/database-clock.ts'
import type { Transaction } from '../../src/store/sql/transaction.ts'
import { openPostgresStore } from '../../src/store/postgres/postgres-store.ts'
import { PostgresWriter } from '../../src/store/postgres/postgres-writer.ts'
import { StoreUnavailable, type Claim, type Move, type Store } from '../../src/store/store.ts'
import { systemClock } from '../../src/system/clock.ts'
import { silentLog } from '../../src/system/log.ts'
import { TestClock } from '../../src/system/test-clock.ts'
import { seenIn } from '../../src/task/duration-sketch.ts'
import { StoreSubject } from '../contract/store-subject.ts'
import { startPostgres } from '../support/real-postgres.ts'

const AN_HOUR_MS = 3_600_000

type Open = AsyncDisposable & { store: Store; writer: PostgresWriter; subject: StoreSubject }

/** A store, and beside it the writer of another process, whose transactions end when the test lets them. */
async function open(): Promise<Open> {
  await using opened = new AsyncDisposableStack()
  const server = opened.use(await startPostgres())
  const url = await server.createDatabase('open_transactions')
  const { store } = await openPostgresStore({ url, clock: systemClock, log: silentLog })
  opened.defer(() => store.close())
  const connections = new Connections({ url, connectionsMax: 2, clock: systemClock, log: silentLog })
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: connections }) })
  opened.defer(() => db.destroy())
  const clock = new DatabaseClock(systemClock)
  const writer = new PostgresWriter({
    db,
    nowMs: undefined,
    clock,
    announcer: new Announcer(),
    feed: undefined,
  })
  const rest = opened.move()
  return {
    store,
    writer,
    subject: new StoreSubject(new TestClock(systemClock.nowMs()), store),
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  }
}

/** Runs it in a transaction that stays open until it is let go. */
async function heldOpen(
  writer: PostgresWriter,
  run: (transaction: Transaction) => Promise<unknown>,
): Promise<{ ended: Promise<unknown>; letGo: () => void }> {
  const isDone = Promise.withResolvers<void>()
  const goesOn = Promise.withResolvers<void>()
  const ended = writer.write(async (transaction) => {
    await run(transaction)
    isDone.resolve()
    await goesOn.promise
    await transaction.db.selectFrom('schedule').select('task_id').execute()
  })
  // Whoever looks at it later sees how it ended.
  ended.catch(() => undefined)
  await Promise.race([isDone.promise, ended])
  return { ended, letGo: () => goesOn.resolve() }
}

test('a process that stands still in a transaction keeps nobody waiting for longer than a statement may take', async () => {
  await using opened = await open()
  const account = 'scripted'
  const standing = await heldOpen(opened.writer, ({ locks }) => locks.hold('account', account))
  const query = { owner: 'other', account, limit: 1, leaseMs: 1_000, perSecond: 1, burst: 1, slotsMax: null }
  assert.deepEqual((await opened.store.claimDue(query)).claims, [])
  standing.letGo()
  await assert.rejects(standing.ended, StoreUnavailable)
})

test('tasks of one kind that end together do not wait for each other to note how long they took', async () => {
  await using opened = await open()
  const { subject, store } = opened
  const later = { dueAtMs: subject.clock.nowMs() + AN_HOUR_MS }
  const ids: string[] = []
  for (const job of ['one', 'another']) {
    ids.push((await subject.create()).id)
    await subject.run(job, later)
  }
  for (const id of ids) await store.wake(id)
  const [one, another] = await subject.claim()
  const took = { durationKey: 'kind', duration: { lowerMs: 1, upperMs: 2, exactMs: null } }
  const done = (claim: Claim): Move => subject.move(claim, 'archiving', took)
  const first = await heldOpen(opened.writer, (transaction) => commit(transaction, done(one!)))
  assert.equal((await store.commit(done(another!))).kind, 'committed')
  first.letGo()
  await first.ended
  assert.equal(seenIn(await store.durations('kind')), 2)
})
