import assert from 'node:assert/strict'
import { test } from 'node:test'
import { attemptOf, type OpenStore } from './store-subject.ts'
import { WebhookSubject } from './webhook-subject.ts'

const CALLBACK = { callbackUrl: 'https://app.test/callback' }

/** Which events get into the outbox, for whom, and that they do so with the change that they tell of. */
export function storeOutboxContract(open: OpenStore): void {
  const subject = () => WebhookSubject.open(open)

  test('outbox: a new task and its event are written together', async () => {
    await using s = await subject()
    await s.endpoint('ep')
    const task = await s.create()
    const [row] = await s.rows()
    assert.partialDeepStrictEqual(row, {
      projectId: 'default',
      taskId: task.id,
      endpointId: 'ep',
      eventId: `evt_${task.id.slice('video_'.length)}_queued`,
      type: 'video.queued',
      sequence: 1,
      url: 'https://ep.test/hook',
      state: 'pending',
      attempts: 0,
      step: 0,
      dueAtMs: s.clock.nowMs(),
      createdAtMs: s.clock.nowMs(),
      endedAtMs: null,
      snapshot: { state: 'queued', providerWaits: false, progress: 0 },
    })
    // The same id again breaks the insert: nothing of it stays.
    await assert.rejects(s.insert({ id: task.id }))
    assert.equal((await s.rows()).length, 1)
  })

  test('outbox: a replayed or refused create writes no event', async () => {
    await using s = await subject()
    await s.endpoint('ep')
    const idempotency = { route: 'videos', key: 'k', fingerprint: 'f', expiresAtMs: s.clock.nowMs() + 60_000 }
    await s.create({}, { idempotency })
    assert.equal((await s.insert({}, { idempotency })).kind, 'replayed')
    const limits = { inFlightMax: 1, perDayMax: null }
    assert.equal((await s.insert({}, { limits })).kind, 'limited')
    assert.equal((await s.rows()).length, 1)
  })

  test('outbox: each status is told once, to the endpoint; the last one to the callback too', async () => {
    await using s = await subject()
    await s.endpoint('ep')
    const { id } = await s.create(CALLBACK)
    await s.run('job')
    await s.step(id, 'archiving')
    await s.step(id, 'completed')
    assert.deepEqual(await s.outbox(), [
      'callback video.completed',
      'ep video.completed',
      'ep video.in_progress',
      'ep video.queued',
    ])
    const last = (await s.rows()).filter(({ type }) => type === 'video.completed')
    assert.equal(new Set(last.map(({ eventId }) => eventId)).size, 1, 'one event, whoever gets it')
    assert.equal(new Set(last.map((row) => row.id)).size, 2)
    assert.deepEqual(
      last.map(({ sequence }) => sequence),
      [3, 3],
    )
  })

  test('outbox: a status that comes again is not told again', async () => {
    await using s = await subject()
    await s.endpoint('ep')
    const { id } = await s.create()
    await s.run('job')
    await s.step(id, 'running', { patch: { providerWaits: true } })
    await s.step(id, 'running', { patch: { providerWaits: false } })
    await s.step(id, 'archiving')
    await s.step(id, 'running')
    await s.step(id, 'archiving')
    assert.deepEqual(await s.outbox(), ['ep video.in_progress', 'ep video.queued'])
  })

  test('outbox: nor is it when the endpoint has moved since, whether the first was sent or not', async () => {
    await using s = await subject()
    await s.endpoint('ep', { events: ['video.in_progress'] })
    const { id } = await s.create()
    await s.run('job')
    await s.store.webhooks.updateEndpoint('default', 'ep', { url: 'https://moved.test/hook' })
    await s.step(id, 'running', { patch: { providerWaits: true } })
    await s.step(id, 'running', { patch: { providerWaits: false } })
    assert.deepEqual(await s.outbox(), ['ep video.in_progress'])
    const claim = await s.takeOne()
    assert.equal(claim.delivery.url, 'https://moved.test/hook')
    assert.equal(await s.write(claim, { state: 'delivered' }), true)
  })

  test('outbox: a fenced or failing commit writes no event', async () => {
    await using s = await subject()
    await s.endpoint('ep', s.onlyLast)
    await s.create(CALLBACK)
    const claim = await s.claimOne()
    const old = { ...claim, fence: claim.fence - 1 }
    assert.equal((await s.store.commit(s.move(old, 'failed', { dueAtMs: null }))).kind, 'fenced')
    await assert.rejects(s.store.commit(s.move(claim, 'completed', { dueAtMs: null })), /illegal move/)
    const twice = { kind: 'open' as const, attempt: attemptOf(1) }
    await s.store.commit(s.move(claim, 'submitting', { attempt: twice, keepLeaseMs: 1_000 }))
    const broken = {
      ...s.move(claim, 'failed', { dueAtMs: null }),
      from: 'submitting' as const,
      attempt: twice,
    }
    await assert.rejects(s.store.commit(broken))
    assert.deepEqual(await s.outbox(), [])
    const { attempt: _attempt, ...whole } = broken
    assert.equal((await s.store.commit(whole)).kind, 'committed')
    assert.deepEqual(await s.outbox(), ['callback video.failed', 'ep video.failed'])
  })

  test('outbox: an endpoint gets the events that it names, and none while it is disabled', async () => {
    await using s = await subject()
    await s.endpoint('ep_failures', { events: ['video.failed', 'video.error'] })
    await s.endpoint('ep_queued', { events: ['video.queued'] })
    await s.endpoint('ep_off', { disabledReason: 'manual' })
    const { id } = await s.create()
    await s.step(id, 'error')
    assert.deepEqual(await s.outbox(), ['ep_failures video.error', 'ep_queued video.queued'])
    await s.store.webhooks.updateEndpoint('default', 'ep_off', { disabledReason: null })
    await s.create()
    assert.ok((await s.outbox()).includes('ep_off video.queued'))
  })

  test('outbox: an openai key makes its error a failure for those who filter, too', async () => {
    await using s = await subject()
    await s.endpoint('ep_error', { events: ['video.error'] })
    await s.endpoint('ep_failed', { events: ['video.failed'] })
    const { id } = await s.create({ profile: 'openai' })
    await s.step(id, 'error')
    assert.deepEqual(await s.outbox(), ['ep_failed video.failed'])
  })

  test('outbox: endpoints of another project hear nothing', async () => {
    await using s = await subject()
    await s.store.createProject({ id: 'other', name: 'Other', createdAtMs: 1, limits: {} })
    await s.endpoint('ep_other', { projectId: 'other' })
    await s.endpoint('ep_own')
    await s.create()
    await s.create({ projectId: 'other', ...CALLBACK })
    assert.deepEqual(await s.outbox(), ['ep_own video.queued'])
    assert.deepEqual(await s.outbox('other'), ['ep_other video.queued'])
  })

  test('outbox: whoever listens hears of new deliveries after their commit, and of nothing else', async () => {
    await using s = await subject()
    let heard = 0
    const unsubscribe = s.store.webhooks.onDue(() => (heard += 1))
    await s.create()
    assert.equal(heard, 0, 'nobody wants to hear of it')
    await s.endpoint('ep')
    await s.create()
    assert.equal(heard, 1)
    unsubscribe()
    await s.create()
    assert.equal(heard, 1)
  })

  test('usage: tasks under way and of today are counted with the task, and each end once', async () => {
    await using s = await subject()
    const usage = () => s.store.projectUsage('default')
    assert.deepEqual(await usage(), { inFlight: 0, createdToday: 0 })
    const { id } = await s.create()
    await s.create()
    assert.deepEqual(await usage(), { inFlight: 2, createdToday: 2 })
    await assert.rejects(s.insert({ id }))
    assert.deepEqual(await usage(), { inFlight: 2, createdToday: 2 })
    await s.step(id, 'failed')
    assert.deepEqual(await usage(), { inFlight: 1, createdToday: 2 })
    s.clock.advance(86_400_000)
    assert.deepEqual(await usage(), { inFlight: 1, createdToday: 0 })
    const limited = await s.insert({}, { limits: { inFlightMax: 1, perDayMax: 9 } })
    assert.deepEqual(limited, { kind: 'limited', by: 'in_flight', max: 1 })
    await s.create({}, { limits: { inFlightMax: null, perDayMax: 1 } })
    const late = await s.insert({}, { limits: { inFlightMax: null, perDayMax: 1 } })
    const dayEndsAtMs = (Math.floor(s.clock.nowMs() / 86_400_000) + 1) * 86_400_000
    assert.deepEqual(late, { kind: 'limited', by: 'per_day', max: 1, dayEndsAtMs })
    s.clock.setWall(-86_400_000)
    assert.equal((await s.insert({}, { limits: { inFlightMax: null, perDayMax: 1 } })).kind, 'created')
  })
}
