import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OpenStore } from './store-subject.ts'
import { sealed, WebhookSubject } from './webhook-subject.ts'

const DAY_MS = 86_400_000
const HEALTHY = { failures: 0, failingSinceMs: null, openUntilMs: null }

/** Endpoints, their secrets, and sending again. */
export function storeEndpointContract(open: OpenStore): void {
  const subject = () => WebhookSubject.open(open)

  test('endpoints: found and listed in their own project only, the oldest first', async () => {
    await using s = await subject()
    await s.store.createProject({ id: 'other', name: 'Other', createdAtMs: 1, limits: {} })
    const second = await s.endpoint('ep_a', { createdAtMs: 2, description: 'second' })
    const first = await s.endpoint('ep_b', { createdAtMs: 1, payload: 'thin', events: ['video.failed'] })
    const foreign = await s.endpoint('ep_c', { projectId: 'other' })
    const { webhooks } = s.store
    assert.deepEqual(await webhooks.findEndpoint('default', 'ep_a'), second)
    assert.equal(await webhooks.findEndpoint('default', 'ep_c'), undefined)
    assert.deepEqual(await webhooks.listEndpoints('default'), [first, second])
    assert.deepEqual(await webhooks.listEndpoints('other'), [foreign])
    await assert.rejects(s.endpoint('ep_a'))
  })

  test('endpoints: a full project takes no more, also when they come at once', async () => {
    await using s = await subject()
    await s.store.createProject({ id: 'other', name: 'Other', createdAtMs: 1, limits: {} })
    const first = await s.endpoint('ep')
    await s.endpoint('ep_foreign', { projectId: 'other' })
    const { webhooks } = s.store
    const ids = ['ep_a', 'ep_b', 'ep_c', 'ep_d']
    const made = await Promise.all(ids.map((id) => webhooks.createEndpoint({ ...first, id }, 3)))
    assert.equal(made.filter(Boolean).length, 2)
    assert.equal((await webhooks.listEndpoints('default')).length, 3)
    assert.equal(await webhooks.deleteEndpoint('default', 'ep'), true)
    assert.equal(await webhooks.createEndpoint({ ...first, id: 'ep_e' }, 3), true)
  })

  test('endpoints: a patch changes what it names; a foreign one changes nothing', async () => {
    await using s = await subject()
    const before = await s.endpoint('ep')
    const { webhooks } = s.store
    const patch = { description: 'd', events: ['video.error'] as const, payload: 'thin' as const }
    assert.deepEqual(await webhooks.updateEndpoint('default', 'ep', patch), { ...before, ...patch })
    assert.deepEqual(await webhooks.findEndpoint('default', 'ep'), { ...before, ...patch })
    assert.equal(await webhooks.updateEndpoint('other', 'ep', { url: 'https://evil.test' }), undefined)
    assert.equal(await webhooks.deleteEndpoint('other', 'ep'), false)
    assert.equal(await webhooks.updateEndpoint('default', 'missing', {}), undefined)
    assert.equal((await webhooks.findEndpoint('default', 'ep'))?.url, before.url)
  })

  test('endpoints: 410 disables it and cancels the rest, under way or not; another is left alone', async () => {
    await using s = await subject()
    const [endpoint, other] = [await s.endpoint('ep'), await s.endpoint('ep_other')]
    for (const id of ['gone', 'under_way', 'waits']) await s.add(id, endpoint)
    await s.add('other', other)
    const claims = await s.take()
    const of = (id: string) => claims.find(({ delivery }) => delivery.id === id)!
    await s.store.webhooks.releaseDeliveries([of('waits')])
    assert.equal(await s.write(of('gone'), { state: 'cancelled', disable: 'gone' }), true)
    assert.equal((await s.store.webhooks.findEndpoint('default', 'ep'))?.disabledReason, 'gone')
    for (const id of ['gone', 'under_way', 'waits']) assert.equal(await s.state(id), 'cancelled')
    assert.equal(await s.write(of('under_way'), { state: 'delivered' }), false)
    assert.equal(await s.write(of('other'), { state: 'delivered' }), true)
    assert.deepEqual(await s.take(), [])
  })

  test('endpoints: disabled by hand, what waits is cancelled; enabled, it starts with a clean record', async () => {
    await using s = await subject()
    const endpoint = await s.endpoint('ep')
    await s.failAddress(endpoint, 12)
    await s.add('d', endpoint)
    await s.store.webhooks.updateEndpoint('default', 'ep', { disabledReason: 'manual' })
    assert.equal(await s.state('d'), 'cancelled')
    await s.store.webhooks.updateEndpoint('default', 'ep', { disabledReason: null })
    assert.deepEqual(await s.store.webhooks.targetHealth('ep'), HEALTHY)
    await s.add('next', endpoint)
    assert.equal((await s.takeOne()).delivery.id, 'next')
  })

  test('endpoints: a new URL starts with a clean record, and what waits goes there at once', async () => {
    await using s = await subject()
    const endpoint = await s.endpoint('ep')
    await s.failAddress(endpoint, 12)
    await s.add('d', endpoint)
    assert.deepEqual(await s.take(), [])
    await s.store.webhooks.updateEndpoint('default', 'ep', { description: 'still there' })
    assert.equal((await s.store.webhooks.targetHealth('ep')).failures, 12)
    let heard = 0
    s.store.webhooks.onDue(() => (heard += 1))
    await s.store.webhooks.updateEndpoint('default', 'ep', { url: 'https://new.test/' })
    assert.equal(heard, 1)
    assert.deepEqual(await s.store.webhooks.targetHealth('ep'), HEALTHY)
    const claim = await s.takeOne()
    assert.equal(claim.delivery.url, 'https://new.test/')
    await s.write(claim, { state: 'delivered' })
    assert.equal((await s.store.webhooks.findDelivery('default', 'd'))?.url, 'https://new.test/')
  })

  test('endpoints: what the old URL answers while it is being replaced does not count for the new one', async () => {
    await using s = await subject()
    await s.add('d', await s.endpoint('ep'))
    const old = await s.takeOne()
    await s.store.webhooks.updateEndpoint('default', 'ep', { url: 'https://new.test/' })
    assert.equal(await s.write(old, { state: 'cancelled', disable: 'gone' }), false)
    assert.equal((await s.store.webhooks.findEndpoint('default', 'ep'))?.disabledReason, null)
    assert.equal((await s.takeOne()).delivery.url, 'https://new.test/')
  })

  test('endpoints: a deleted one takes what waits for it along, and an attempt under way writes nothing', async () => {
    await using s = await subject()
    const endpoint = await s.endpoint('ep')
    await s.add('under_way', endpoint)
    const claim = await s.takeOne()
    await s.add('waits', endpoint)
    assert.equal(await s.store.webhooks.deleteEndpoint('default', 'ep'), true)
    assert.equal(await s.store.webhooks.deleteEndpoint('default', 'ep'), false)
    assert.deepEqual([await s.state('under_way'), await s.state('waits')], ['cancelled', 'cancelled'])
    assert.equal(await s.write(claim, { state: 'delivered' }), false)
    assert.deepEqual(await s.take(), [])
    assert.deepEqual(await s.store.webhooks.listEndpoints('default'), [])
  })

  test('secrets: the newest comes first, the one before lives on for the overlap, four live at most', async () => {
    await using s = await subject()
    await s.endpoint('ep', { secrets: [sealed('s1')] })
    const { webhooks } = s.store
    const rotate = (name: string, overlapMs: number) => {
      const expireAtMs = s.clock.nowMs() + overlapMs
      return webhooks.rotateEndpointSecret('default', 'ep', { secret: sealed(name), expireAtMs, liveMax: 4 })
    }
    const endMs = s.clock.nowMs() + DAY_MS
    assert.deepEqual(await rotate('s2', DAY_MS), [sealed('s2'), sealed('s1', endMs)])
    s.clock.advance(1_000)
    assert.deepEqual(
      await rotate('s3', DAY_MS),
      [sealed('s3'), sealed('s2', endMs + 1_000), sealed('s1', endMs)],
      'a later rotation does not lengthen a life',
    )
    await rotate('s4', DAY_MS)
    const names = async () =>
      (await webhooks.findEndpoint('default', 'ep'))?.secrets.map((secret) => secret.sealed)
    await rotate('s5', DAY_MS)
    assert.deepEqual(await names(), ['s5', 's4', 's3', 's2'])
    await rotate('s6', 0)
    assert.deepEqual(await names(), ['s6'], 'without an overlap the old ones end at once')
    const rotation = { secret: sealed('x'), expireAtMs: 0, liveMax: 4 }
    assert.equal(await webhooks.rotateEndpointSecret('other', 'ep', rotation), undefined)
    assert.equal(await webhooks.rotateEndpointSecret('default', 'missing', rotation), undefined)
    assert.deepEqual(await names(), ['s6'])
  })

  test("secrets: a project's first one is made once, however many ask at a time, and rotates like others", async () => {
    await using s = await subject()
    await s.store.createProject({ id: 'other', name: 'Other', createdAtMs: 1, limits: {} })
    const { webhooks } = s.store
    const answers = await Promise.all(
      ['a', 'b'].map((name) => webhooks.ensureProjectSecrets('default', sealed(name))),
    )
    const first = answers[0]?.[0]
    // Whose it is, is up to the database.
    assert.ok(first !== undefined && ['a', 'b'].includes(first.sealed))
    assert.deepEqual(answers, [[first], [first]])
    assert.deepEqual(await webhooks.ensureProjectSecrets('other', sealed('c')), [sealed('c')])
    const expireAtMs = s.clock.nowMs() + DAY_MS
    const rotated = await webhooks.rotateProjectSecret('default', {
      secret: sealed('d'),
      expireAtMs,
      liveMax: 4,
    })
    assert.deepEqual(rotated, [sealed('d'), { ...first, expiresAtMs: expireAtMs }])
    assert.deepEqual(await webhooks.ensureProjectSecrets('default', sealed('e')), rotated)
  })

  test('resend: an ended delivery starts its schedule again under the same event; its log goes on', async () => {
    await using s = await subject()
    const before = await s.add('d', await s.endpoint('ep'))
    await s.write(await s.takeOne(), { state: 'exhausted', step: 10 })
    s.clock.advance(1_000)
    let heard = 0
    s.store.webhooks.onDue(() => (heard += 1))
    const after = await s.store.webhooks.resendDelivery('default', 'd')
    const dueAtMs = s.clock.nowMs()
    assert.deepEqual(after, { ...before, state: 'pending', attempts: 1, step: 0, dueAtMs, endedAtMs: null })
    assert.equal(heard, 1)
    const claim = await s.takeOne()
    assert.equal(claim.delivery.eventId, before.eventId)
    await s.write(claim, { state: 'delivered' })
    assert.deepEqual(
      (await s.store.webhooks.deliveryAttempts('d')).map(({ n }) => n),
      [1, 2],
    )
    assert.equal(typeof (await s.store.webhooks.resendDelivery('default', 'd')), 'object', 'delivered: again')
  })

  test('resend: not what is under way, missing or foreign', async () => {
    await using s = await subject()
    await s.add('d', await s.endpoint('ep'))
    const { webhooks } = s.store
    assert.equal(await webhooks.resendDelivery('default', 'd'), 'pending')
    await s.take()
    assert.equal(await webhooks.resendDelivery('default', 'd'), 'pending')
    assert.equal(await webhooks.resendDelivery('default', 'x'), 'missing')
    assert.equal(await webhooks.resendDelivery('other', 'd'), 'missing')
    assert.equal(await webhooks.findDelivery('other', 'd'), undefined)
  })

  test('resend: what failed since then, of one endpoint or of all', async () => {
    await using s = await subject()
    await s.store.createProject({ id: 'other', name: 'Other', createdAtMs: 1, limits: {} })
    const [a, b] = [await s.endpoint('ep_a'), await s.endpoint('ep_b')]
    const foreign = await s.endpoint('ep_c', { projectId: 'other' })
    const failed = { state: 'exhausted', createdAtMs: 1_000, endedAtMs: 2_000 } as const
    await s.add('old', a, { ...failed, createdAtMs: 999 })
    await s.add('a', a, failed)
    await s.add('a_cancelled', a, { ...failed, state: 'cancelled' })
    await s.add('a_delivered', a, { ...failed, state: 'delivered' })
    await s.add('b', b, failed)
    await s.add('foreign', foreign, failed)
    const { webhooks } = s.store
    const due = async () => (await s.take()).map(({ delivery }) => delivery.id).toSorted()
    const query = { projectId: 'default', endpointId: 'ep_a', sinceMs: 1_000 }
    assert.equal(await webhooks.resendFailed(query), 2)
    assert.deepEqual(await due(), ['a', 'a_cancelled'])
    assert.equal(await webhooks.resendFailed({ ...query, endpointId: null }), 1)
    assert.deepEqual(await due(), ['b'])
    assert.equal(await webhooks.resendFailed(query), 0)
  })

  test('resend: never to an endpoint that was deleted or is disabled', async () => {
    await using s = await subject()
    const [gone, off] = [await s.endpoint('ep_gone'), await s.endpoint('ep_off')]
    await s.add('gone', gone)
    await s.add('off', off)
    const { webhooks } = s.store
    await webhooks.deleteEndpoint('default', 'ep_gone')
    await webhooks.updateEndpoint('default', 'ep_off', { disabledReason: 'manual' })
    assert.equal(await webhooks.resendFailed({ projectId: 'default', endpointId: null, sinceMs: 0 }), 0)
    assert.equal(await webhooks.resendDelivery('default', 'gone'), 'missing')
    assert.equal(await webhooks.resendDelivery('default', 'off'), 'missing')
    assert.deepEqual(await s.take(), [])
    await webhooks.updateEndpoint('default', 'ep_off', { disabledReason: null })
    assert.equal(await webhooks.resendFailed({ projectId: 'default', endpointId: null, sinceMs: 0 }), 1)
  })

  test('pages: from the newest to the oldest, each row once, also where many are of one moment', async () => {
    await using s = await subject()
    const endpoint = await s.endpoint('ep')
    for (let index = 0; index < 7; index += 1) await s.add(`d${index}`, endpoint, { createdAtMs: 5_000 })
    await s.add('oldest', endpoint, { createdAtMs: 4_000 })
    await s.add('newest', endpoint, { createdAtMs: 6_000, state: 'delivered' })
    const query = { projectId: 'default', limit: 2, taskId: null, endpointId: 'ep', state: null }
    const seen: string[] = []
    let after: string | null = null
    for (let page = 0; page < 9; page += 1) {
      const { deliveries, hasMore } = await s.store.webhooks.listDeliveries({ ...query, after })
      seen.push(...deliveries.map(({ id }) => id))
      after = deliveries.at(-1)?.id ?? null
      if (!hasMore) break
    }
    assert.deepEqual(seen, ['newest', 'd6', 'd5', 'd4', 'd3', 'd2', 'd1', 'd0', 'oldest'])
    const list = async (patch: object) =>
      (await s.store.webhooks.listDeliveries({ ...query, limit: 9, after: null, ...patch })).deliveries.length
    assert.equal(await list({ state: 'delivered' }), 1)
    assert.equal(await list({ endpointId: 'ep_x' }), 0)
    assert.equal(await list({ projectId: 'other' }), 0)
    assert.equal(await list({ after: 'missing' }), 0)
    const task = await s.create()
    assert.equal(await list({ taskId: task.id }), 1)
  })
}
