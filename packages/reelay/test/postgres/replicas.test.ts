import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openPostgresStore } from '../../src/store/postgres/postgres-store.ts'
import { StoreUnavailable, type Claim, type Store } from '../../src/store/store.ts'
import { systemClock } from '../../src/system/clock.ts'
import { silentLog } from '../../src/system/log.ts'
import { TestClock } from '../../src/system/test-clock.ts'
import { seenIn } from '../../src/task/duration-sketch.ts'
import { ACCOUNT, attemptOf, LEASE_MS, type StoreSubject } from '../contract/store-subject.ts'
import { WebhookSubject } from '../contract/webhook-subject.ts'
import { startPostgres, type RealPostgres } from '../support/real-postgres.ts'

const REPLICAS = 4

let server: RealPostgres
let databases = 0

before(async () => {
  server = await startPostgres({ durable: true })
})

after(async () => {
  await server[Symbol.asyncDispose]()
})

type Replicas = AsyncDisposable & {
  stores: readonly Store[]
  clock: TestClock
  subjects: readonly WebhookSubject[]
}

/** Stores of several processes, as far as the database can tell: each has its own connections. */
async function openReplicas(count = REPLICAS): Promise<Replicas> {
  databases += 1
  const url = await server.createDatabase(`replicas_${databases}`)
  const clock = new TestClock()
  const stores: Store[] = []
  for (let index = 0; index < count; index += 1) {
    const nowMs = (): number => clock.nowMs()
    const opened = await openPostgresStore({
      url,
      clock: systemClock,
      log: silentLog,
      nowMs,
      owner: `replica_${index}`,
    })
    stores.push(opened.store)
  }
  return {
    stores,
    clock,
    subjects: stores.map((store) => new WebhookSubject(clock, store)),
    [Symbol.asyncDispose]: async () => {
      for (const store of stores) await store.close()
    },
  }
}

const claimOf = (subject: StoreSubject, owner: string, limit = 20): Promise<readonly Claim[]> =>
  subject.claim({ owner, limit, perSecond: 100_000, burst: 100_000 })

test(`${REPLICAS} replicas that claim at once never lease a task twice, and lease them all`, async () => {
  await using replicas = await openReplicas()
  const [first] = replicas.subjects
  for (let index = 0; index < 200; index += 1) await first!.create()
  const seen = new Map<string, number>()
  for (let round = 0; round < 10 && seen.size < 200; round += 1) {
    const batches = await Promise.all(
      replicas.subjects.map((subject, index) => claimOf(subject, `replica_${index}`)),
    )
    for (const { taskId } of batches.flat()) seen.set(taskId, (seen.get(taskId) ?? 0) + 1)
  }
  assert.equal(seen.size, 200)
  assert.deepEqual(
    [...seen.values()].filter((times) => times !== 1),
    [],
  )
})

test('the slots of an account are shared: replicas that submit at once never exceed them', async () => {
  await using replicas = await openReplicas()
  const [first] = replicas.subjects
  for (let index = 0; index < 24; index += 1) await first!.create()
  const batches = await Promise.all(
    replicas.subjects.map((subject, index) => claimOf(subject, `r${index}`, 6)),
  )
  const outcomes = await Promise.all(
    batches.flatMap((claims, index) =>
      claims.map((claim) => {
        const subject = replicas.subjects[index]!
        const attempt = { kind: 'open' as const, attempt: attemptOf(1, { clientToken: claim.taskId }) }
        return subject.store.commit(
          subject.move(claim, 'submitting', { attempt, keepLeaseMs: LEASE_MS, slotsMax: 5 }),
        )
      }),
    ),
  )
  assert.equal(outcomes.length, 24)
  assert.equal(outcomes.filter(({ kind }) => kind === 'committed').length, 5)
  assert.equal(outcomes.filter(({ kind }) => kind === 'no_slot').length, 19)
  assert.equal(await first!.store.inFlight(ACCOUNT), 5)
})

test('an account has one rate, however many replicas draw from it', async () => {
  await using replicas = await openReplicas()
  const [first] = replicas.subjects
  for (let index = 0; index < 100; index += 1) await first!.create()
  const batches = await Promise.all(
    replicas.subjects.map((subject, index) =>
      subject.claim({ owner: `r${index}`, limit: 50, perSecond: 1, burst: 30 }),
    ),
  )
  assert.equal(batches.flat().length, 30)
})

test('tasks of one kind that end at the same time are all committed, and almost all are counted', async () => {
  await using replicas = await openReplicas()
  const [first] = replicas.subjects
  await Promise.all(Array.from({ length: 40 }, () => first!.create()))
  const duration = { lowerMs: 1, upperMs: 2, exactMs: null }
  const batches = await Promise.all(
    replicas.subjects.map((subject, index) => claimOf(subject, `r${index}`, 10)),
  )
  const outcomes = await Promise.all(
    batches.flatMap((claims, index) =>
      claims.map((claim) => {
        const subject = replicas.subjects[index]!
        return subject.store.commit(
          subject.move(claim, 'failed', { dueAtMs: null, duration, durationKey: 'one' }),
        )
      }),
    ),
  )
  assert.deepEqual([...new Set(outcomes.map(({ kind }) => kind))], ['committed'])
  // Counted in parts that add up; one is left out only when all parts are being written.
  const seen = seenIn(await first!.store.durations('one'))
  assert.ok(seen > 30 && seen <= 40, `${seen} of 40`)
})

test('a holder whose lease ran out and was taken over writes nothing', async () => {
  await using replicas = await openReplicas(2)
  const [zombie, heir] = replicas.subjects
  await zombie!.create()
  const [stale] = await claimOf(zombie!, 'zombie')
  replicas.clock.advance(LEASE_MS + 1)
  const [claim] = await claimOf(heir!, 'heir')
  assert.equal(claim!.taskId, stale!.taskId)
  const [late, real] = await Promise.all([
    zombie!.store.commit(zombie!.move(stale!, 'failed', { dueAtMs: null })),
    heir!.store.commit(heir!.move(claim!, 'queued', { dueAtMs: replicas.clock.nowMs() + 1_000 })),
  ])
  assert.deepEqual([late.kind, real.kind], ['fenced', 'committed'])
  assert.equal((await heir!.task(claim!.taskId)).state, 'queued')
})

test('copies of one request that reach all replicas at once make one task', async () => {
  await using replicas = await openReplicas()
  const expiresAtMs = replicas.clock.nowMs() + 60_000
  const idempotency = { route: 'r', key: 'k', fingerprint: 'f', expiresAtMs }
  const outcomes = await Promise.all(
    [...replicas.subjects, ...replicas.subjects].map((subject) => subject.insert({}, { idempotency })),
  )
  const kinds = outcomes.map(({ kind }) => kind).toSorted()
  assert.deepEqual(kinds, ['created', ...Array.from({ length: 7 }, () => 'replayed')])
})

test('creates, ends, wishes and deliveries of all replicas at once neither wait for each other for ever nor lose a count', async () => {
  await using replicas = await openReplicas()
  const [first] = replicas.subjects
  const endpoint = await first!.endpoint('ep')
  await Promise.all(
    replicas.subjects.map(async (subject, index) => {
      for (let round = 0; round < 15; round += 1) {
        const { id } = await subject.create()
        await subject.store.wake(id)
        if (round % 3 === 0) await subject.store.requestCancel('default', id)
        for (const claim of await claimOf(subject, `r${index}`, 3)) {
          await subject.store.commit(subject.move(claim, 'failed', { dueAtMs: null }))
        }
        for (const claim of await subject.take({ owner: `r${index}`, limit: 5 }))
          await subject.write(claim, { state: 'delivered' })
      }
    }),
  )
  const left = await claimOf(first!, 'last', 200)
  const { inFlight, createdToday } = await first!.store.projectUsage('default')
  assert.deepEqual([inFlight, createdToday], [left.length, 60])
  const rows = await first!.rows()
  assert.equal(new Set(rows.map(({ eventId }) => eventId)).size, rows.length)
  assert.ok(rows.every(({ endpointId }) => endpointId === endpoint.id))
  assert.equal(rows.length, 60 + (60 - left.length))
})

test('what one replica changes the others hear of, and each hears of its own changes once', async () => {
  await using replicas = await openReplicas(2)
  const [here, there] = replicas.stores
  const heard: string[] = []
  const arrived = Promise.withResolvers<void>()
  here!.onChange((id, kind) => heard.push(`${id} ${kind}`))
  there!.onChange((id, kind) => {
    if (kind === 'scheduled') arrived.resolve()
    assert.ok(id)
  })
  // Whoever has only just begun to listen may miss the first: a later one comes all the same.
  let tries = 0
  const tell = async (): Promise<string> => (await replicas.subjects[0]!.create()).id
  const ids = [await tell()]
  const waiting = systemClock.sleep(200)
  while (tries < 50) {
    tries += 1
    const isThere = await Promise.race([arrived.promise.then(() => true), waiting.then(() => false)])
    if (isThere) break
    ids.push(await tell())
    await Promise.race([arrived.promise, systemClock.sleep(200)])
  }
  await arrived.promise
  assert.deepEqual(
    heard,
    ids.map((id) => `${id} scheduled`),
  )
})

test('a server that is stopped hard is unavailable, loses nothing that it answered, and is used again', async () => {
  await using replicas = await openReplicas(1)
  const [subject] = replicas.subjects
  const kept = await subject!.create()
  await server.stop('immediate')
  await assert.rejects(subject!.create(), StoreUnavailable)
  await assert.rejects(async () => subject!.store.findTask('default', kept.id), StoreUnavailable)
  await assert.rejects(subject!.store.listProjects(), StoreUnavailable)
  await assert.rejects(claimOf(subject!, 'r'), StoreUnavailable)
  await server.start()
  assert.equal((await subject!.task(kept.id)).id, kept.id)
  assert.deepEqual(
    (await claimOf(subject!, 'r')).map(({ taskId }) => taskId),
    [kept.id],
  )
})
