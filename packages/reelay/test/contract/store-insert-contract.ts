import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Artifact, TaskInsert } from '../../src/store/store.ts'
import { StoreSubject, type OpenStore } from './store-subject.ts'

const DAY_MS = 86_400_000
const TEN_MINUTES_MS = 600_000

const input: Artifact = {
  role: 'input',
  index: 0,
  storageKey: 'inputs/a/0.png',
  sha256: 'abc',
  bytes: 5,
  mime: 'image/png',
  width: null,
  height: null,
  durationMs: null,
  codec: null,
}

const keyed = (s: StoreSubject, patch: Partial<TaskInsert['idempotency'] & object> = {}) => ({
  idempotency: {
    route: 'POST /v1/videos',
    key: 'k',
    fingerprint: 'f',
    expiresAtMs: s.clock.nowMs() + DAY_MS,
    ...patch,
  },
})

const retry = (s: StoreSubject, clientAttempt: number, fingerprint = 'f') => ({
  replay: { fingerprint, clientAttempt, joinableSinceMs: s.clock.nowMs() - TEN_MINUTES_MS },
})

const most = (inFlightMax: number | null, perDayMax: number | null) => ({
  limits: { inFlightMax, perDayMax },
})

/** Creating, idempotency keys and the retries of clients without one. */
export function storeInsertContract(open: OpenStore): void {
  const subject = () => StoreSubject.open(open)

  test('insert: a task is found whole, with its input and its timeline', async () => {
    await using s = await subject()
    const task = await s.create(
      { metadata: { a: [1] }, callbackUrl: 'https://a.example', warnings: ['w'], profile: 'openai' },
      { artifacts: [input] },
    )
    assert.deepEqual(await s.store.findTask('default', task.id), task)
    assert.deepEqual(await s.store.artifacts(task.id), [input])
    const timeline = await s.store.timeline(task.id)
    assert.deepEqual(timeline, [{ seq: 1, atMs: s.clock.nowMs(), kind: 'task.created' }])
    assert.deepEqual(await s.store.scheduledAccounts(), ['scripted'])
  })

  test('insert: a foreign or missing task is not found', async () => {
    await using s = await subject()
    const { id } = await s.create({ projectId: 'p1' })
    assert.equal(await s.store.findTask('default', id), undefined)
    assert.equal(await s.store.findTask('p1', 'video_missing'), undefined)
    assert.equal(await s.store.loadTask('video_missing'), undefined)
    assert.equal((await s.store.loadTask(id))?.id, id)
    assert.equal(await s.store.positionOf('default', id), undefined)
  })

  test('idempotency: two concurrent copies with one key make one task', async () => {
    await using s = await subject()
    const outcomes = await Promise.all([
      s.insert({}, keyed(s)),
      s.insert({}, keyed(s)),
      s.insert({}, keyed(s)),
    ])
    // Which of them comes first is nobody's business.
    const kinds = outcomes.map(({ kind }) => kind).toSorted()
    assert.deepEqual(kinds, ['created', 'replayed', 'replayed'])
    const ids = new Set(outcomes.map((outcome) => ('task' in outcome ? outcome.task?.id : undefined)))
    assert.equal(ids.size, 1)
    assert.equal((await s.claim()).length, 1)
  })

  test('idempotency: a key with other content is reused and stores nothing', async () => {
    await using s = await subject()
    await s.insert({}, keyed(s))
    assert.deepEqual(await s.insert({}, keyed(s, { fingerprint: 'g' })), { kind: 'key_reused' })
    assert.equal((await s.claim()).length, 1)
  })

  test('idempotency: project and route have keys of their own', async () => {
    await using s = await subject()
    await s.create({}, keyed(s))
    await s.create({ projectId: 'p1' }, keyed(s, { fingerprint: 'g' }))
    await s.create({}, keyed(s, { route: 'POST /v1/videos/remix', fingerprint: 'h' }))
    assert.equal((await s.claim()).length, 3)
  })

  test('idempotency: a key is free again when it expires', async () => {
    await using s = await subject()
    const first = await s.create({}, keyed(s))
    s.clock.advance(DAY_MS - 1)
    assert.equal((await s.insert({}, keyed(s))).kind, 'replayed')
    s.clock.advance(1)
    assert.notEqual((await s.create({}, keyed(s, { fingerprint: 'g' }))).id, first.id)
  })

  test('idempotency: the replay of a deleted task has no task, and makes none', async () => {
    await using s = await subject()
    const { id } = await s.create({}, keyed(s))
    await s.store.deleteTask('default', id)
    const replay = await s.insert({}, keyed(s))
    assert.deepEqual(replay, { kind: 'replayed', by: 'key', task: undefined, replayId: null })
  })

  test('idempotency: a replay answers the task as it now is', async () => {
    await using s = await subject()
    await s.create({}, keyed(s))
    const claim = await s.claimOne()
    await s.store.commit(s.move(claim, 'failed', { dueAtMs: null }))
    const replay = await s.insert({}, keyed(s))
    assert.ok(replay.kind === 'replayed')
    assert.equal(replay.task?.state, 'failed')
  })

  test('client retry: retry n joins the unanswered n-1, step by step', async () => {
    await using s = await subject()
    const { id } = await s.create({}, retry(s, 0))
    for (const attempt of [1, 2]) {
      const outcome = await s.insert({}, retry(s, attempt))
      assert.ok(outcome.kind === 'replayed' && outcome.by === 'client_retry')
      assert.equal(outcome.task?.id, id)
    }
    assert.equal((await s.claim()).length, 1)
  })

  test('client retry: what was answered is not joined', async () => {
    await using s = await subject()
    const first = await s.insert({}, retry(s, 0))
    assert.ok(first.kind === 'created' && first.replayId !== null)
    await s.store.markAnswered(first.replayId)
    assert.equal((await s.insert({}, retry(s, 1))).kind, 'created')
  })

  test('client retry: an answered retry is not joined by the next one', async () => {
    await using s = await subject()
    await s.create({}, retry(s, 0))
    const second = await s.insert({}, retry(s, 1))
    assert.ok(second.kind === 'replayed' && second.replayId !== null)
    await s.store.markAnswered(second.replayId)
    assert.equal((await s.insert({}, retry(s, 2))).kind, 'created')
  })

  test('client retry: what the client has seen is not joined', async () => {
    await using s = await subject()
    const { id } = await s.create({}, retry(s, 0))
    await s.store.markRetrieved(id)
    assert.equal((await s.insert({}, retry(s, 1))).kind, 'created')
  })

  test('client retry: other content, another project, a first try, a key or a late retry join nothing', async () => {
    await using s = await subject()
    await s.create({}, retry(s, 0))
    assert.equal((await s.insert({}, retry(s, 1, 'g'))).kind, 'created')
    assert.equal((await s.insert({ projectId: 'p1' }, retry(s, 1))).kind, 'created')
    assert.equal((await s.insert({}, retry(s, 2, 'f'))).kind, 'created')
    assert.equal((await s.insert({}, { ...retry(s, 1), ...keyed(s) })).kind, 'created')
    s.clock.advance(TEN_MINUTES_MS + 1)
    assert.equal((await s.insert({}, retry(s, 1))).kind, 'created')
  })

  test('client retry: eight identical requests, three of them lost and sent again, are eight tasks', async () => {
    await using s = await subject()
    const firsts = await Promise.all(Array.from({ length: 8 }, () => s.insert({}, retry(s, 0))))
    const answered = firsts
      .slice(3)
      .flatMap((one) => ('replayId' in one && one.replayId ? [one.replayId] : []))
    assert.equal(answered.length, 5)
    await Promise.all(answered.map((id) => s.store.markAnswered(id)))
    const retries = await Promise.all(Array.from({ length: 3 }, () => s.insert({}, retry(s, 1))))
    const joined = new Set(retries.map((one) => ('task' in one ? one.task?.id : undefined)))
    const lost = new Set(firsts.slice(0, 3).map((one) => ('task' in one ? one.task?.id : undefined)))
    assert.deepEqual(joined, lost)
    assert.equal((await s.claim()).length, 8)
  })

  test('client retry: a deleted task is not made again', async () => {
    await using s = await subject()
    const { id } = await s.create({}, retry(s, 0))
    await s.store.deleteTask('default', id)
    const outcome = await s.insert({}, retry(s, 1))
    assert.ok(outcome.kind === 'replayed')
    assert.equal(outcome.task, undefined)
  })

  limitCases(subject)
}

function limitCases(subject: () => Promise<StoreSubject>): void {
  test('limits: in_flight counts what is under way, exactly, also for concurrent creates', async () => {
    await using s = await subject()
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => s.insert({}, most(2, null))))
    const kinds = outcomes.map(({ kind }) => kind)
    assert.deepEqual(kinds.toSorted(), ['created', 'created', 'limited', 'limited', 'limited'])
    const limited = outcomes.find(({ kind }) => kind === 'limited')
    assert.deepEqual(limited, { kind: 'limited', by: 'in_flight', max: 2 })
    assert.equal((await s.claim()).length, 2)
    assert.deepEqual(await s.store.projectUsage('default'), { inFlight: 2, createdToday: 2 })
  })

  test('limits: other projects are not counted', async () => {
    await using s = await subject()
    await s.create({}, most(1, 1))
    await s.create({ projectId: 'p1' }, most(1, 1))
    assert.deepEqual(await s.store.projectUsage('p1'), { inFlight: 1, createdToday: 1 })
    assert.deepEqual(await s.store.projectUsage('p2'), { inFlight: 0, createdToday: 0 })
  })

  test('limits: a task that ends makes room, whatever its end, once, and only for the one who may end it', async () => {
    await using s = await subject()
    for (const end of ['completed', 'failed', 'error'] as const) {
      const { id } = await s.create({}, most(1, null))
      assert.equal((await s.insert({}, most(1, null))).kind, 'limited', end)
      await s.run(`job-${end}`)
      if (end === 'failed') await s.store.requestCancel('default', id)
      const claim = await s.claimOne()
      const ended = s.move(claim, end === 'completed' ? 'archiving' : end, {})
      const outcome = await s.store.commit({
        ...ended,
        dueAtMs: end === 'completed' ? s.clock.nowMs() : null,
      })
      assert.equal(outcome.kind, 'committed')
      if (end === 'completed') {
        assert.equal((await s.store.projectUsage('default')).inFlight, 1, 'archiving is under way')
        await s.store.commit(s.move(await s.claimOne(), 'completed', { dueAtMs: null }))
      }
      assert.equal((await s.store.commit(ended)).kind, 'fenced')
      assert.equal((await s.store.projectUsage('default')).inFlight, 0, end)
    }
  })

  test('limits: a deleted task is under way until the engine has ended it', async () => {
    await using s = await subject()
    const { id } = await s.create({}, most(1, null))
    await s.store.deleteTask('default', id)
    assert.equal((await s.insert({}, most(1, null))).kind, 'limited')
    await s.store.commit(s.move(await s.claimOne(), 'failed', { dueAtMs: null }))
    assert.equal((await s.insert({}, most(1, null))).kind, 'created')
  })

  test('limits: per_day counts what was made since midnight UTC, ended or not', async () => {
    await using s = await subject()
    const dayEndsAtMs = (Math.floor(s.clock.nowMs() / DAY_MS) + 1) * DAY_MS
    await s.create({}, most(null, 2))
    await s.store.commit(s.move(await s.claimOne(), 'failed', { dueAtMs: null }))
    await s.create({}, most(null, 2))
    const refused = { kind: 'limited', by: 'per_day', max: 2, dayEndsAtMs }
    s.clock.advance(dayEndsAtMs - s.clock.nowMs() - 1)
    assert.deepEqual(await s.insert({}, most(null, 2)), refused)
    s.clock.advance(1)
    assert.deepEqual(await s.store.projectUsage('default'), { inFlight: 1, createdToday: 0 })
    await s.create({}, most(null, 2))
    assert.deepEqual(await s.store.projectUsage('default'), { inFlight: 2, createdToday: 1 })
  })

  test('limits: a clock that is set back begins the day that it tells', async () => {
    await using s = await subject()
    await s.create({}, most(null, 1))
    s.clock.setWall(-DAY_MS)
    assert.equal((await s.store.projectUsage('default')).createdToday, 0)
    assert.equal((await s.insert({}, most(null, 1))).kind, 'created')
    assert.equal((await s.insert({}, most(null, 1))).kind, 'limited')
  })

  test('limits: a replay by key, and one of a client that counts, is answered at the limit', async () => {
    await using s = await subject()
    const first = await s.create({}, { ...keyed(s), ...most(1, 1) })
    const replay = await s.insert({}, { ...keyed(s), ...most(1, 1) })
    assert.ok(replay.kind === 'replayed' && replay.task?.id === first.id)
    assert.equal(
      (await s.insert({}, { ...keyed(s, { fingerprint: 'g' }), ...most(1, 1) })).kind,
      'key_reused',
    )
    const counted = await s.create({ projectId: 'p1' }, { ...retry(s, 0), ...most(1, 1) })
    const joined = await s.insert({ projectId: 'p1' }, { ...retry(s, 1), ...most(1, 1) })
    assert.ok(joined.kind === 'replayed' && joined.task?.id === counted.id)
    assert.deepEqual(await s.store.projectUsage('default'), { inFlight: 1, createdToday: 1 })
  })

  test('limits: what was refused or failed stores nothing and counts nothing', async () => {
    await using s = await subject()
    const task = await s.create({}, most(2, 2))
    await assert.rejects(s.insert({ id: task.id }, most(2, 2)))
    assert.deepEqual(await s.store.projectUsage('default'), { inFlight: 1, createdToday: 1 })
    assert.equal((await s.insert({}, { ...keyed(s), ...most(1, 2) })).kind, 'limited')
    // The key was not used up either.
    assert.equal((await s.insert({}, { ...keyed(s), ...most(2, 2) })).kind, 'created')
  })
}
