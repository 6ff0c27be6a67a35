import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OpenStore } from './store-subject.ts'
import { DELIVERY_LEASE_MS, PAUSE_MS, sealed, UNSHARED, WebhookSubject } from './webhook-subject.ts'

/** Leases and fences of deliveries, what an attempt writes, and that no address holds up another. */
export function storeDeliveryContract(open: OpenStore): void {
  const subject = () => WebhookSubject.open(open)

  test('deliveries: a claim carries everything that an attempt needs, and leases it', async () => {
    await using s = await subject()
    const endpoint = await s.endpoint('ep', { events: ['video.queued'] })
    const task = await s.create()
    const query = { owner: 'w1', limit: 64, ...UNSHARED, leaseMs: DELIVERY_LEASE_MS }
    const { claims, nextDueAtMs } = await s.store.webhooks.claimDeliveries(query)
    const row = (await s.rows())[0]
    assert.ok(row !== undefined)
    const delivery = { ...row, dueAtMs: s.clock.nowMs() + DELIVERY_LEASE_MS }
    const { secrets } = endpoint
    assert.deepEqual(claims, [{ delivery, owner: 'w1', fence: 1, failing: false, endpoint, task, secrets }])
    assert.equal(nextDueAtMs, s.clock.nowMs() + DELIVERY_LEASE_MS)
    assert.deepEqual(await s.take({ owner: 'w2' }), [])
  })

  test("deliveries: a callback is signed with the project's secrets, a test event has no task", async () => {
    await using s = await subject()
    await s.store.webhooks.ensureProjectSecrets('default', sealed('of the project'))
    const { id } = await s.create({ callbackUrl: 'https://app.test/hook' })
    await s.step(id, 'failed')
    const claim = await s.takeOne()
    assert.deepEqual([claim.endpoint, claim.secrets], [null, [sealed('of the project')]])
    assert.deepEqual([claim.task?.state, claim.delivery.url], ['failed', 'https://app.test/hook'])
    await s.add('test', await s.endpoint('ep'))
    assert.equal((await s.takeOne()).task, null)
  })

  test('deliveries: a deleted task is still there for those who were promised its events', async () => {
    await using s = await subject()
    await s.endpoint('ep', { events: ['video.queued'] })
    const { id } = await s.create()
    await s.store.deleteTask('default', id)
    assert.notEqual((await s.takeOne()).task?.deletedAtMs ?? null, null)
  })

  test('deliveries: an address with a thousand leaves room for one with a single one', async () => {
    await using s = await subject()
    const [many, one] = [await s.endpoint('ep_many'), await s.endpoint('ep_one')]
    // A few at a time: more wait so long for a connection on a busy machine that they are refused.
    for (let start = 0; start < 1_000; start += 50) {
      await Promise.all(Array.from({ length: 50 }, (_, index) => s.add(`m${start + index}`, many)))
    }
    s.clock.advance(1)
    await s.add('o', one)
    const claims = await s.take()
    assert.deepEqual(claims.map(({ endpoint }) => endpoint?.id ?? '').toSorted(), [
      'ep_many',
      'ep_many',
      'ep_many',
      'ep_many',
      'ep_one',
    ])
  })

  test('deliveries: four per address at most, and each that ends makes room for the next', async () => {
    await using s = await subject()
    const endpoint = await s.endpoint('ep')
    for (let index = 0; index < 6; index += 1) await s.add(`d${index}`, endpoint)
    const claims = await s.take()
    assert.equal(claims.length, 4)
    assert.deepEqual(await s.take({ owner: 'w2' }), [])
    await s.write(claims[0]!, { state: 'delivered' })
    assert.equal((await s.take()).length, 1)
    await s.write(claims[1]!, { state: 'delivered' })
    await s.write(claims[2]!, { state: 'delivered' })
    assert.equal((await s.take()).length, 1, 'nothing else waits')
  })

  test("deliveries: callbacks of one origin share an address, another project's or origin's do not", async () => {
    await using s = await subject()
    await s.store.createProject({ id: 'other', name: 'Other', createdAtMs: 1, limits: {} })
    const end = async (callbackUrl: string, projectId = 'default') =>
      s.step((await s.create({ callbackUrl, projectId })).id, 'failed')
    for (let index = 0; index < 6; index += 1) await end(`https://app.test/${index}`)
    await end('https://app.test/0', 'other')
    await end('https://app.test:8443/0')
    const urls = (await s.take()).map(
      ({ delivery }) => `${delivery.projectId} ${new URL(delivery.url).origin}`,
    )
    assert.deepEqual(urls.toSorted(), [
      ...Array.from({ length: 4 }, () => 'default https://app.test'),
      'default https://app.test:8443',
      'other https://app.test',
    ])
  })

  test('deliveries: those that wait longest come first, within a limit over all addresses', async () => {
    await using s = await subject()
    const [a, b] = [await s.endpoint('ep_a'), await s.endpoint('ep_b')]
    const nowMs = s.clock.nowMs()
    await s.add('a2', a, { dueAtMs: nowMs - 10 })
    await s.add('a1', a, { dueAtMs: nowMs - 30 })
    await s.add('b1', b, { dueAtMs: nowMs - 20 })
    await s.add('later', b, { dueAtMs: nowMs + 10 })
    assert.deepEqual(
      (await s.take({ limit: 1 })).map(({ delivery }) => delivery.id),
      ['a1'],
    )
    const rest = await s.store.webhooks.claimDeliveries({
      owner: 'w1',
      limit: 9,
      ...UNSHARED,
      leaseMs: DELIVERY_LEASE_MS,
    })
    assert.deepEqual(rest.claims.map(({ delivery }) => delivery.id).toSorted(), ['a2', 'b1'])
    assert.equal(rest.nextDueAtMs, nowMs + 10)
    assert.deepEqual(await s.take({ limit: 0 }), [])
  })

  test('deliveries: an expired lease is claimed again with a higher fence, and the old holder is out', async () => {
    await using s = await subject()
    await s.add('d', await s.endpoint('ep'))
    const first = await s.takeOne()
    s.clock.advance(DELIVERY_LEASE_MS - 1)
    assert.deepEqual(await s.take(), [])
    s.clock.advance(1)
    const second = await s.takeOne()
    assert.deepEqual([first.fence, second.fence], [1, 2])
    const before = await s.store.webhooks.findDelivery('default', 'd')
    assert.equal(await s.write(first, { state: 'delivered' }), false)
    await s.store.webhooks.releaseDeliveries([first])
    assert.equal(await s.write({ ...second, owner: 'w2' }), false)
    assert.deepEqual(await s.store.webhooks.findDelivery('default', 'd'), before)
    assert.deepEqual(await s.store.webhooks.deliveryAttempts('d'), [])
    assert.equal((await s.store.webhooks.targetHealth('ep')).failures, 0)
    assert.equal(await s.write(second), true)
    assert.equal(await s.write(second), false, 'a lease is good for one attempt')
  })

  test('deliveries: what is released is due at once, and its fence is spent', async () => {
    await using s = await subject()
    await s.add('d', await s.endpoint('ep'))
    const claim = await s.takeOne()
    await s.store.webhooks.releaseDeliveries([claim])
    assert.equal(await s.write(claim), false)
    const again = await s.takeOne({ owner: 'w2' })
    assert.deepEqual([again.fence, again.delivery.attempts, again.delivery.step], [2, 0, 0])
  })

  test('deliveries: an attempt is written with its number, its answer and its time', async () => {
    await using s = await subject()
    const { id: taskId } = await s.create()
    const endpoint = await s.endpoint('ep')
    await s.add('d', endpoint, { taskId, type: 'video.queued' })
    const attempt = { atMs: 7, latencyMs: 42, status: null, error: 'timeout', responseBody: null }
    await s.write(await s.takeOne(), { attempt })
    const row = await s.store.webhooks.findDelivery('default', 'd')
    const dueAtMs = s.clock.nowMs() + PAUSE_MS
    assert.partialDeepStrictEqual(row, { state: 'pending', attempts: 1, step: 1, dueAtMs, endedAtMs: null })
    s.clock.advance(PAUSE_MS - 1)
    assert.deepEqual(await s.take(), [])
    s.clock.advance(1)
    const answer = { atMs: 8, latencyMs: 1, status: 204, error: null, responseBody: 'ä\n' }
    await s.write(await s.takeOne(), { state: 'delivered', attempt: answer })
    assert.deepEqual(await s.store.webhooks.deliveryAttempts('d'), [
      { n: 1, ...attempt },
      { n: 2, ...answer },
    ])
    const ended = await s.store.webhooks.findDelivery('default', 'd')
    assert.partialDeepStrictEqual(ended, { state: 'delivered', attempts: 2, endedAtMs: s.clock.nowMs() })
    s.clock.advance(10 * DELIVERY_LEASE_MS)
    assert.deepEqual(await s.take(), [])
    const timeline = (await s.store.timeline(taskId)).slice(1)
    const shared = { event: 'video.queued', delivery: 'd', endpoint: 'ep' }
    assert.deepEqual(
      timeline.map(({ kind, data }) => [kind, data]),
      [
        ['webhook.failed', { ...shared, attempt: 1, error: 'timeout' }],
        ['webhook.delivered', { ...shared, attempt: 2, status: 204 }],
      ],
    )
  })

  test('circuit: ten failures in a row open it: one probe at a time, after a pause that doubles', async () => {
    await using s = await subject()
    const endpoint = await s.endpoint('ep')
    await s.failAddress(endpoint, 9)
    assert.equal((await s.store.webhooks.targetHealth('ep')).openUntilMs, null)
    for (let index = 0; index < 3; index += 1) await s.add(`d${index}`, endpoint)
    const together = await s.take()
    assert.equal(together.length, 3)
    for (const claim of together) await s.write(claim, { dueAtMs: s.clock.nowMs() })
    assert.equal((await s.store.webhooks.targetHealth('ep')).openUntilMs, s.clock.nowMs() + PAUSE_MS)
    const other = await s.endpoint('ep_other')
    await s.add('o', other)
    assert.deepEqual(
      (await s.take()).map(({ delivery }) => delivery.id),
      ['o'],
      'another address is not kept waiting',
    )
    s.clock.advance(PAUSE_MS)
    const probe = await s.takeOne()
    await s.write(probe, { dueAtMs: s.clock.nowMs() })
    s.clock.advance(2 * PAUSE_MS - 1)
    assert.deepEqual(await s.take(), [])
    s.clock.advance(1)
    await s.write(await s.takeOne(), { state: 'delivered' })
    assert.deepEqual(await s.store.webhooks.targetHealth('ep'), {
      failures: 0,
      failingSinceMs: null,
      openUntilMs: null,
    })
    assert.equal((await s.take()).length, 2)
  })

  test('circuit: five days of nothing but failures disable the endpoint and cancel what waits', async () => {
    await using s = await subject()
    const endpoint = await s.endpoint('ep')
    await s.failAddress(endpoint, 9)
    await s.add('d', endpoint)
    await s.add('waits', endpoint, { dueAtMs: s.clock.nowMs() + 30 * 86_400_000 })
    s.clock.advance(5 * 86_400_000)
    await s.write(await s.takeOne())
    const after = await s.store.webhooks.findEndpoint('default', 'ep')
    assert.equal(after?.disabledReason, 'failing')
    assert.deepEqual([await s.state('d'), await s.state('waits')], ['cancelled', 'cancelled'])
  })
}
