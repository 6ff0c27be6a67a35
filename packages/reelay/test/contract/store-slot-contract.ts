import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Move } from '../../src/store/store.ts'
import {
  addDuration,
  ERA_SEEN,
  ERAS_KEPT,
  seenIn,
  type DurationSketch,
} from '../../src/task/duration-sketch.ts'
import type { DurationSample } from '../../src/task/task.ts'
import { ACCOUNT, attemptOf, LEASE_MS, StoreSubject, type OpenStore } from './store-subject.ts'

const HOUR_MS = 3_600_000

const opened = (slotsMax: number): Partial<Move> => ({
  attempt: { kind: 'open', attempt: attemptOf(1) },
  slotsMax,
  keepLeaseMs: LEASE_MS,
})

const ended = (s: StoreSubject, patch: Partial<Move> = {}): Partial<Move> => ({
  dueAtMs: null,
  attempt: { kind: 'patch', n: 1, patch: { endedAtMs: s.clock.nowMs() } },
  ...patch,
})

const lostSubmit = async (s: StoreSubject) => {
  const { id } = await s.create()
  const claim = await s.claimOne()
  await s.store.commit(s.move(claim, 'submitting', opened(9)))
  const dueAtMs = s.clock.nowMs() + HOUR_MS
  await s.store.commit(s.move(claim, 'unknown', { from: 'submitting', dueAtMs }))
  return id
}

const learn = async (s: StoreSubject, key: string, duration: DurationSample): Promise<void> => {
  await s.store.commit(s.move(await s.claimOne(), 'queued', { duration, durationKey: key }))
}

/** Slots of an account, ownership of upstream jobs, late answers, learned durations. */
export function storeSlotContract(open: OpenStore): void {
  const subject = () => StoreSubject.open(open)

  test('slots: a submit is refused when the account is full, and nothing is written', async () => {
    await using s = await subject()
    await s.create()
    await s.store.commit(s.move(await s.claimOne(), 'submitting', opened(1)))
    const second = await s.create()
    const claim = await s.claimOne()
    assert.deepEqual(await s.store.commit(s.move(claim, 'submitting', opened(1))), { kind: 'no_slot' })
    assert.deepEqual(await s.task(second.id), second)
    const waits = await s.store.commit(s.move(claim, 'queued', { dueAtMs: s.clock.nowMs() + HOUR_MS }))
    assert.equal(waits.kind, 'committed')
  })

  test('slots: concurrent submits never take more than there are', async () => {
    await using s = await subject()
    for (let index = 0; index < 6; index += 1) await s.create()
    const claims = await s.claim()
    const outcomes = await Promise.all(
      claims.map((claim) => s.store.commit(s.move(claim, 'submitting', opened(2)))),
    )
    const kinds = outcomes.map(({ kind }) => kind).toSorted()
    assert.deepEqual(kinds, ['committed', 'committed', 'no_slot', 'no_slot', 'no_slot', 'no_slot'])
  })

  test('slots: jobs of another account take none', async () => {
    await using s = await subject()
    await s.create()
    await s.run('job')
    await s.create({ candidates: [{ account: 'other', model: 'm' }] })
    const claim = await s.claimOne({ account: 'other' })
    const attempt = { kind: 'open' as const, attempt: attemptOf(1, { account: 'other' }) }
    const move = s.move(claim, 'submitting', { attempt, slotsMax: 1, account: 'other' })
    assert.equal((await s.store.commit(move)).kind, 'committed')
  })

  test('slots: the attempts in flight are counted per account until they end', async () => {
    await using s = await subject()
    const counts = async () => [await s.store.inFlight(ACCOUNT), await s.store.inFlight('other')]
    await s.create()
    assert.deepEqual(await counts(), [0, 0])
    await s.run('job')
    assert.deepEqual(await counts(), [1, 0])
    await s.store.commit(s.move(await s.claimOne(), 'failed', ended(s)))
    assert.deepEqual(await counts(), [0, 0])
  })

  test('slots: a slot that is freed wakes the oldest queued task of its account, and only that', async () => {
    await using s = await subject()
    await s.create()
    await s.run('job', { dueAtMs: s.clock.nowMs() + 1_000 })
    const later = { dueAtMs: s.clock.nowMs() + HOUR_MS }
    const [oldest, next] = [`video_1`, `video_2`]
    await s.create({ id: next }, later)
    await s.create({ id: oldest }, later)
    await s.create({ id: 'video_0', candidates: [{ account: 'other', model: 'm' }] }, later)
    s.clock.advance(1_000)
    await s.store.commit(s.move(await s.claimOne(), 'failed', ended(s)))
    assert.deepEqual(
      (await s.claim()).map((claim) => claim.taskId),
      [oldest],
    )
    assert.deepEqual(await s.claim({ account: 'other' }), [])
  })

  test('slots: an attempt that nobody took, and that is made again later, makes no other task due', async () => {
    await using s = await subject()
    const later = { dueAtMs: s.clock.nowMs() + HOUR_MS }
    await s.create()
    const claim = await s.claimOne()
    await s.create({}, later)
    await s.store.commit(s.move(claim, 'submitting', opened(1)))
    await s.store.commit(s.move(claim, 'queued', ended(s, { from: 'submitting', ...later })))
    assert.equal(await s.store.inFlight(ACCOUNT), 0)
    assert.deepEqual(await s.claim(), [])
  })

  test('slots: an ended task whose attempt is still open keeps its slot', async () => {
    await using s = await subject()
    await s.create()
    await s.run('job')
    await s.store.commit(s.move(await s.claimOne(), 'failed', { dueAtMs: s.clock.nowMs() + 1_000 }))
    await s.create()
    const claim = await s.claimOne()
    assert.equal((await s.store.commit(s.move(claim, 'submitting', opened(1)))).kind, 'no_slot')
    s.clock.advance(1_000)
    const drained = await s.claimOne()
    await s.store.commit(s.move(drained, 'failed', ended(s)))
    assert.equal((await s.store.commit(s.move(claim, 'submitting', opened(1)))).kind, 'committed')
  })

  test('operation taken: an upstream job belongs to one task, and the loser writes nothing', async () => {
    await using s = await subject()
    await s.create()
    const owner = await s.run('job', { dueAtMs: s.clock.nowMs() + HOUR_MS })
    const loser = await s.create()
    const claim = await s.claimOne()
    await s.store.commit(s.move(claim, 'submitting', opened(9)))
    const before = await s.task(loser.id)
    const outcome = await s.store.commit({
      ...s.move(claim, 'running', { from: 'submitting' }),
      attempt: { kind: 'patch', n: 1, patch: { state: 'accepted', operation: { providerTaskId: 'job' } } },
    })
    assert.deepEqual(outcome, { kind: 'operation_taken', taskId: owner.id })
    assert.deepEqual(await s.task(loser.id), before)
  })

  test('operation taken: the same id at another account is another job', async () => {
    await using s = await subject()
    await s.create()
    await s.run('job')
    await s.create({ candidates: [{ account: 'other', model: 'm' }] })
    const claim = await s.claimOne({ account: 'other' })
    const attempt = { kind: 'open' as const, attempt: attemptOf(1, { account: 'other' }) }
    await s.store.commit(s.move(claim, 'submitting', { attempt, account: 'other', keepLeaseMs: LEASE_MS }))
    const outcome = await s.store.commit({
      ...s.move(claim, 'running', { from: 'submitting', account: 'other' }),
      attempt: { kind: 'patch', n: 1, patch: { operation: { providerTaskId: 'job' } } },
    })
    assert.equal(outcome.kind, 'committed')
  })

  test('late answer: kept with an attempt whose outcome is unknown, and the task is woken', async () => {
    await using s = await subject()
    const id = await lostSubmit(s)
    await s.store.recordLateAnswer(id, 1, { providerTaskId: 'job', url: 'u' })
    assert.deepEqual((await s.task(id)).attempt?.operation, { providerTaskId: 'job', url: 'u' })
    assert.equal((await s.task(id)).state, 'unknown')
    assert.equal((await s.kinds(id)).at(-1), 'submit.found')
    assert.equal((await s.claimOne()).taskId, id)
    await s.store.recordLateAnswer(id, 1, { providerTaskId: 'other' })
    assert.equal((await s.task(id)).attempt?.operation?.providerTaskId, 'job')
    assert.equal((await s.kinds(id)).at(-1), 'upstream.orphan')
  })

  test('late answer: one that was stored already, and only seemed to be lost, is no orphan', async () => {
    await using s = await subject()
    const { id } = await s.create()
    await s.run('job')
    const before = await s.kinds(id)
    await s.store.recordLateAnswer(id, 1, { providerTaskId: 'job' })
    assert.deepEqual(await s.kinds(id), before)
  })

  test('late answer: an orphan on the timeline when the task ended, another attempt runs or a task owns it', async () => {
    await using s = await subject()
    const dead = await lostSubmit(s)
    await s.store.recordLateAnswer(dead, 2, { providerTaskId: 'a' })
    assert.deepEqual((await s.store.timeline(dead)).at(-1)?.data, { attempt: 2, provider_task_id: 'a' })
    await s.create()
    await s.run('owned', { dueAtMs: s.clock.nowMs() + 2 * HOUR_MS })
    await s.store.recordLateAnswer(dead, 1, { providerTaskId: 'owned' })
    s.clock.advance(HOUR_MS)
    await s.store.commit(s.move(await s.claimOne(), 'error', { dueAtMs: null }))
    const before = await s.task(dead)
    await s.store.recordLateAnswer(dead, 1, { providerTaskId: 'b' })
    assert.deepEqual(await s.task(dead), before)
    const orphans = (await s.kinds(dead)).filter((kind) => kind === 'upstream.orphan')
    assert.equal(orphans.length, 3)
    await s.store.recordLateAnswer('video_missing', 1, { providerTaskId: 'c' })
  })

  test('times that an adapter reckons with fractions are stored as whole milliseconds', async () => {
    await using s = await subject()
    const { id } = await s.create()
    const [nowMs, third] = [s.clock.nowMs(), 1 / 3]
    const duration = { lowerMs: 1_000 + third, upperMs: 2_000 + third, exactMs: 1_500 + third }
    const patch = { outputsExpireAtMs: nowMs + 100 + third }
    await s.run('job', { dueAtMs: nowMs + third, duration, durationKey: 'k', patch })
    await s.store.pauseAccount('other', nowMs + third, '429')
    assert.equal((await s.task(id)).outputsExpireAtMs, nowMs + 101)
    assert.deepEqual(await s.store.durations('k'), addDuration([], duration))
    assert.equal(await s.store.pausedUntilMs('other'), nowMs + 1)
    assert.deepEqual(await s.claim(), [])
    s.clock.advance(1)
    assert.equal((await s.claimOne()).taskId, id)
  })

  test('durations: each one is counted on the scale, as the pure sketch counts it', async () => {
    await using s = await subject()
    await s.create()
    let sketch: DurationSketch = []
    for (let index = 0; index < 2 * ERA_SEEN + 5; index += 1) {
      const lowerMs = 60_000 + (index % 7) * 5_000
      const exactMs = index % 5 === 0 ? lowerMs + 1_234 : null
      const duration = { lowerMs, upperMs: lowerMs + 9_000, exactMs }
      await learn(s, 'k', duration)
      sketch = addDuration(sketch, duration)
    }
    assert.deepEqual(await s.store.durations('k'), sketch)
    assert.equal(seenIn(sketch), 2 * ERA_SEEN + 5)
    assert.ok(sketch.some(({ seen }) => seen > 1))
    assert.deepEqual(await s.store.durations('other'), [])
  })

  test('durations: what is old is forgotten once enough was seen since', async () => {
    await using s = await subject()
    await s.create()
    await learn(s, 'k', { lowerMs: 0, upperMs: 7_000, exactMs: null })
    const later = { lowerMs: 60_000, upperMs: 70_000, exactMs: null }
    for (let index = 0; index < ERAS_KEPT * ERA_SEEN; index += 1) await learn(s, 'k', later)
    const sketch = await s.store.durations('k')
    assert.equal(sketch.length, ERAS_KEPT)
    assert.ok(sketch.every(({ lowerMs }) => lowerMs > 0))
  })

  test('slots: the account of an attempt that never ran upstream is free again', async () => {
    await using s = await subject()
    await s.create()
    const claim = await s.claimOne()
    await s.store.commit(s.move(claim, 'submitting', opened(1)))
    const back = s.move(claim, 'queued', { ...ended(s, { dueAtMs: s.clock.nowMs() }), from: 'submitting' })
    await s.store.commit(back)
    const again = await s.claimOne({ account: ACCOUNT })
    const second = { ...opened(1), attempt: { kind: 'open' as const, attempt: attemptOf(2) } }
    assert.equal((await s.store.commit(s.move(again, 'submitting', second))).kind, 'committed')
    assert.equal((await s.task(claim.taskId)).attempt?.n, 2)
  })
}
