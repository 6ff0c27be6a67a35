import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CallbackSubject, HOUR_MS, type OpenTables } from './store-callback-subject.ts'
import { StoreSubject, type OpenStore } from './store-subject.ts'
import { DELIVERY_LEASE_MS, PAUSE_MS, WebhookSubject } from './webhook-subject.ts'

/**
 * What a store must do that one process has to itself: it takes back at its start what its predecessor held, and follows the
 * machine's clock, which is the only one that its rows are compared with.
 */
export function storeAloneContract(open: OpenStore, openTables: OpenTables): void {
  test('clear leases: everything held is due again, and a late write-back is fenced off', async () => {
    await using s = await StoreSubject.open(open)
    const now = s.clock.nowMs()
    await s.create()
    await s.create({}, { dueAtMs: now + HOUR_MS })
    const claim = await s.claimOne()
    await s.store.clearLeases()
    assert.deepEqual(await s.store.commit(s.move(claim, 'failed', { dueAtMs: null })), { kind: 'fenced' })
    const again = await s.claimOne({ owner: 'w2' })
    assert.equal(again.taskId, claim.taskId)
    assert.ok(again.fence > claim.fence)
  })

  test('deliveries: a start takes back every lease, and a late write-back is fenced off', async () => {
    await using s = await WebhookSubject.open(open)
    const endpoint = await s.endpoint('ep')
    for (let index = 0; index < 6; index += 1) await s.add(`d${index}`, endpoint)
    await s.add('later', endpoint, { dueAtMs: s.clock.nowMs() + 1_000_000 })
    const held = await s.take()
    await s.store.clearLeases()
    const again = await s.take({ owner: 'w2' })
    assert.equal(again.length, 4)
    for (const claim of held) assert.equal(await s.write(claim, { state: 'delivered' }), false)
    assert.equal(await s.state('later'), 'pending')
  })

  test('clock: set back by a day, it delays neither a retry nor a lease nor an open circuit', async () => {
    await using s = await WebhookSubject.open(open)
    const [endpoint, dead, idle] = [
      await s.endpoint('ep'),
      await s.endpoint('ep_dead'),
      await s.endpoint('ep_idle'),
    ]
    await s.failAddress(dead, 10)
    await s.failAddress(idle, 10)
    await s.add('dead', dead)
    await s.add('retry', endpoint)
    await s.write(await s.takeOne())
    await s.add('leased', endpoint)
    await s.takeOne()
    await s.add('fresh', endpoint)
    s.clock.setWall(-86_400_000)
    assert.deepEqual(await s.take().then((claims) => claims.map(({ delivery }) => delivery.id)), ['fresh'])
    await s.add('idle', idle)
    s.clock.advance(PAUSE_MS)
    const due = (await s.take()).map(({ delivery }) => delivery.id)
    assert.deepEqual(due.toSorted(), ['dead', 'idle', 'retry'])
    s.clock.advance(DELIVERY_LEASE_MS)
    assert.ok((await s.take()).some(({ delivery }) => delivery.id === 'leased'))
  })

  test('clock: set ahead by a day, a lease holds on, and retries come early but never together', async () => {
    await using s = await WebhookSubject.open(open)
    const endpoint = await s.endpoint('ep')
    await s.add('leased', endpoint)
    const claim = await s.takeOne()
    for (let index = 0; index < 9; index += 1)
      await s.add(`d${index}`, endpoint, { dueAtMs: s.clock.nowMs() + 3_600_000 })
    s.clock.setWall(86_400_000)
    assert.equal((await s.take()).length, 3)
    assert.equal(await s.write(claim, { state: 'delivered' }), true)
  })

  test('clock: a machine that slept for a week does not disable what failed before', async () => {
    await using s = await WebhookSubject.open(open)
    const endpoint = await s.endpoint('ep')
    await s.failAddress(endpoint, 20)
    await s.add('d', endpoint)
    s.clock.setWall(7 * 86_400_000)
    await s.write(await s.takeOne())
    assert.equal((await s.store.webhooks.findEndpoint('default', 'ep'))?.disabledReason, null)
  })

  test('callback: a clock that is set back holds no look up and gives none away', async () => {
    await using s = await CallbackSubject.of(openTables)
    await s.reach('running')
    for (let index = 0; index < 3; index += 1) {
      await s.record()
      assert.equal(await s.looks(), 1)
    }
    await s.record()
    s.clock.setWall(-HOUR_MS)
    assert.equal(await s.looks(), 0)
    await s.record()
    assert.equal(await s.looks(), 0)
    s.clock.advance(1_000)
    const claim = await s.claimOne()
    await s.record()
    s.clock.setWall(-HOUR_MS)
    // Whoever claims next sees that the clock was set.
    assert.deepEqual(await s.claim(), [])
    await s.store.commit(s.move(claim, 'running', { dueAtMs: s.clock.nowMs() + HOUR_MS }))
    assert.equal(await s.looks(), 0)
    s.clock.advance(1_000)
    assert.equal(await s.looks(), 1)
  })
}
