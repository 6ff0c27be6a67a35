import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StoreUnavailable } from '../../src/store/store.ts'
import { systemIds } from '../../src/system/ids.ts'
import { endpointPurpose, makeSecret } from '../../src/webhooks/webhook-secret.ts'
import { DeliveryHarness, verified } from './delivery-harness.ts'
import { settle } from '../support/settle.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

const idsOf = (h: DeliveryHarness): readonly (string | undefined)[] =>
  h.receivers.requests.map(({ headers }) => headers['webhook-id'])

test('a stop while requests hang ends within its grace and gives them back; the next start sends the same events', async () => {
  await using h = await DeliveryHarness.open()
  const [slow, never] = [await h.endpoint('ep_slow'), await h.endpoint('ep_never')]
  h.receivers.at(slow.url, async (_request, call) => {
    if (call === 1) await h.clock.sleep(2_000)
    return 204
  })
  h.receivers.at(never.url, (_request, call) => (call === 1 ? 'hang' : 204))
  const task = await h.complete()
  await settle()
  assert.equal(h.receivers.requests.length, 2)
  const tookMs = await h.shutdown()
  assert.ok(tookMs <= 3_000, `${tookMs} ms`)
  assert.equal(h.receivers.requests.length, 2, 'nothing new is begun')
  await h.boot()
  await settle()
  assert.equal(h.receivers.to(slow.url).length, 1, 'what ended within the grace is written')
  assert.equal(h.receivers.to(never.url).length, 2)
  assert.equal(new Set(idsOf(h)).size, 1)
  const rows = await h.subject.rows()
  assert.deepEqual(
    rows.map(({ state, attempts, taskId }) => [state, attempts, taskId]),
    [
      ['delivered', 1, task.id],
      ['delivered', 1, task.id],
    ],
    'an attempt that was cut off does not count',
  )
})

test('what a stop cuts off is given back: another process may send it at once', async () => {
  await using h = await DeliveryHarness.open()
  const endpoint = await h.endpoint('ep')
  h.receivers.at(endpoint.url, 'hang')
  const task = await h.complete()
  await settle()
  await h.deliverer.stop(0)
  const claim = await h.subject.takeOne({ owner: 'another' })
  assert.deepEqual([claim.task?.id, claim.delivery.attempts], [task.id, 0])
})

test('a process that is killed during a request leaves nothing behind: sent again at the next start, same id', async () => {
  await using h = await DeliveryHarness.open()
  const endpoint = await h.endpoint('ep')
  const held = Promise.withResolvers<number>()
  h.receivers.at(endpoint.url, (_request, call) => (call === 1 ? held.promise : 204))
  await h.complete()
  await settle()
  const { store } = h.subject
  const lost = h.deliverer
  await store.close()
  await h.boot()
  await settle()
  assert.equal(h.receivers.requests.length, 2)
  assert.equal(new Set(idsOf(h)).size, 1)
  assert.deepEqual(
    (await h.subject.rows()).map(({ state }) => state),
    ['delivered'],
  )
  held.resolve(500)
  await lost.stop(0)
  assert.deepEqual(
    (await h.subject.rows()).map(({ state, attempts }) => [state, attempts]),
    [['delivered', 1]],
  )
})

test('a store that cannot write the outcome: the event is sent again under the same id', async () => {
  await using h = await DeliveryHarness.open()
  const endpoint = await h.endpoint('ep')
  const { webhooks } = h.subject.store
  const commit = webhooks.commitDelivery.bind(webhooks)
  let failures = 2
  webhooks.commitDelivery = (move) => {
    if (failures === 0) return commit(move)
    failures -= 1
    return Promise.reject(new StoreUnavailable('database or disk is full'))
  }
  const task = await h.complete()
  await h.untilOver()
  assert.equal(h.receivers.to(endpoint.url).length, 3)
  assert.equal(new Set(idsOf(h)).size, 1)
  for (const request of h.receivers.requests) verified(request, endpoint.secret)
  assert.partialDeepStrictEqual(await h.deliveryOf(task), { state: 'delivered', attempts: 1 })
})

test('a store that cannot hand out a secret: nothing is sent, nothing is counted, and it is tried again', async () => {
  await using h = await DeliveryHarness.open()
  const { webhooks } = h.subject.store
  const ensure = webhooks.ensureProjectSecrets.bind(webhooks)
  let failures = 2
  webhooks.ensureProjectSecrets = (...given) => {
    if (failures === 0) return ensure(...given)
    failures -= 1
    return Promise.reject(new StoreUnavailable('database or disk is full'))
  }
  const task = await h.complete({ callbackUrl: 'https://app.test/hook' })
  await h.untilOver()
  assert.equal(h.receivers.requests.length, 1)
  assert.partialDeepStrictEqual(await h.deliveryOf(task), { state: 'delivered', attempts: 1 })
})

test('a store that cannot be claimed from: deliveries wait, and go on when it is back', async () => {
  await using h = await DeliveryHarness.open()
  await h.endpoint('ep')
  const { webhooks } = h.subject.store
  const claim = webhooks.claimDeliveries.bind(webhooks)
  let isDown = true
  let looks = 0
  webhooks.claimDeliveries = (query) => {
    // The harness's own looks claim nothing.
    if (query.limit > 0) looks += 1
    const down = new StoreUnavailable('database or disk is full')
    return isDown && query.limit > 0 ? Promise.reject(down) : claim(query)
  }
  await h.complete()
  await h.pass(60_000)
  assert.deepEqual([h.receivers.requests.length, looks <= 62], [0, true], `${looks} looks in a minute`)
  isDown = false
  await h.untilOver()
  assert.equal(h.receivers.requests.length, 1)
})

test('a secret that is rotated between two attempts signs the next one, next to the old one until that ends', async () => {
  await using h = await DeliveryHarness.open()
  const endpoint = await h.endpoint('ep')
  h.receivers.at(endpoint.url, (_request, call) => (call < 6 ? 500 : 204))
  await h.complete()
  await h.until(() => h.receivers.requests.length === 2, 'two attempts')
  const plain = makeSecret(systemIds)
  const nowMs = h.clock.nowMs()
  const sealed = h.vault.seal(plain, endpointPurpose('ep'))
  const secret = { sealed, createdAtMs: nowMs, expiresAtMs: null }
  const rotation = { secret, expireAtMs: nowMs + HOUR_MS, liveMax: 4 }
  await h.subject.store.webhooks.rotateEndpointSecret('default', 'ep', rotation)
  await h.untilOver()
  const [before, during, after] = [
    h.receivers.requests[1]!,
    h.receivers.requests[2]!,
    h.receivers.requests[5]!,
  ]
  verified(before, endpoint.secret)
  assert.throws(() => verified(before, plain))
  verified(during, endpoint.secret)
  verified(during, plain)
  assert.ok(after.atMs > rotation.expireAtMs)
  verified(after, plain)
  assert.throws(() => verified(after, endpoint.secret), /no signature/)
})

test('the wall clock set back by a day delays no retry; timestamps are those of the new time', async () => {
  await using h = await DeliveryHarness.open()
  const endpoint = await h.endpoint('ep')
  h.receivers.at(endpoint.url, (_request, call) => (call < 4 ? 500 : 204))
  await h.complete()
  await h.until(() => h.receivers.requests.length === 2, 'two attempts')
  const startMs = h.clock.monotonicMs()
  h.clock.setWall(-DAY_MS)
  await h.untilOver()
  const tookMs = h.clock.monotonicMs() - startMs
  assert.ok(tookMs <= 300_000 + 1_800_000 + 10_000, `${tookMs} ms`)
  assert.equal(h.receivers.requests.length, 4)
  for (const request of h.receivers.requests) verified(request, endpoint.secret)
})

test('the wall clock set ahead by a week ends no event that waits: nobody has tried for a week', async () => {
  await using h = await DeliveryHarness.open()
  const endpoint = await h.endpoint('ep')
  h.receivers.at(endpoint.url, (_request, call) => (call < 8 ? 500 : 204))
  const tasks = [await h.complete(), await h.complete(), await h.complete()]
  await h.until(() => h.receivers.requests.length === 3, 'an attempt of each')
  h.clock.setWall(7 * DAY_MS)
  await h.untilOver()
  for (const task of tasks) assert.equal((await h.deliveryOf(task)).state, 'delivered')
})

test('the wall clock set back while a request is under way: its outcome still counts, and it is not sent twice', async () => {
  await using h = await DeliveryHarness.open()
  const endpoint = await h.endpoint('ep')
  const held = Promise.withResolvers<number>()
  h.receivers.at(endpoint.url, () => held.promise)
  const task = await h.complete()
  await settle()
  h.clock.setWall(-DAY_MS)
  await h.pass(14_000)
  held.resolve(204)
  await settle()
  assert.equal((await h.deliveryOf(task)).state, 'delivered')
  await h.pass(DAY_MS)
  assert.equal(h.receivers.requests.length, 1)
})

for (const [what, change] of [
  ['deleted', (h: DeliveryHarness) => h.subject.store.webhooks.deleteEndpoint('default', 'ep')],
  [
    'disabled',
    (h: DeliveryHarness) =>
      h.subject.store.webhooks.updateEndpoint('default', 'ep', { disabledReason: 'manual' }),
  ],
] as const) {
  test(`an endpoint that is ${what} while it is being asked: the answer writes nothing, and no retry follows`, async () => {
    await using h = await DeliveryHarness.open()
    const endpoint = await h.endpoint('ep')
    const held = Promise.withResolvers<number>()
    h.receivers.at(endpoint.url, () => held.promise)
    const task = await h.complete()
    await settle()
    await change(h)
    held.resolve(500)
    await h.pass(DAY_MS)
    assert.equal(h.receivers.requests.length, 1)
    const delivery = await h.deliveryOf(task)
    assert.partialDeepStrictEqual(delivery, { state: 'cancelled', attempts: 0 })
    assert.deepEqual(await h.attempts(delivery), [])
  })
}
