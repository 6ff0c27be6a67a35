import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createVault } from '../../src/system/vault.ts'
import { endpointPurpose } from '../../src/webhooks/webhook-secret.ts'
import { DeliveryHarness, keyOf, verified } from './delivery-harness.ts'
import { settle } from '../support/settle.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

test('a dead endpoint with 500 deliveries delays no other and is asked ever more seldom', async () => {
  await using h = await DeliveryHarness.open()
  const [dead, fine] = [await h.endpoint('ep_dead'), await h.endpoint('ep_fine')]
  h.receivers.at(dead.url, 'hang')
  await Promise.all(Array.from({ length: 500 }, (_, index) => h.subject.add(`d${index}`, dead)))
  await h.pass(30_000)
  for (let round = 0; round < 20; round += 1) {
    const createdAtMs = h.clock.nowMs()
    await h.subject.add(`fine_${round}`, fine)
    await settle()
    assert.equal(h.receivers.to(fine.url).at(-1)?.atMs, createdAtMs, 'sent in the moment in which it was due')
    assert.equal(await h.subject.state(`fine_${round}`), 'delivered')
    await h.pass(HOUR_MS / 20)
  }
  const inFirstHour = h.receivers.to(dead.url).length
  assert.ok(inFirstHour <= 30, `${inFirstHour} requests in an hour`)
  await h.pass(5 * DAY_MS)
  const rows = (await h.subject.rows()).filter(({ endpointId }) => endpointId === 'ep_dead')
  assert.deepEqual([...new Set(rows.map(({ state }) => state))], ['exhausted'], 'they end with their time')
  await h.subject.add('late', dead)
  await h.untilOver()
  assert.equal((await h.subject.store.webhooks.findEndpoint('default', 'ep_dead'))?.disabledReason, 'failing')
  assert.equal(await h.subject.state('late'), 'cancelled')
  const inAll = h.receivers.to(dead.url).length
  await h.pass(DAY_MS)
  assert.equal(h.receivers.to(dead.url).length, inAll)
})

test('an origin of callbacks that is down is asked once per pause, and everything is delivered when it is back', async () => {
  await using h = await DeliveryHarness.open()
  let isDown = true
  h.receivers.at('https://app.test', () => (isDown ? 502 : 204))
  for (let index = 0; index < 40; index += 1) await h.complete({ callbackUrl: `https://app.test/${index}` })
  await h.pass(2 * HOUR_MS)
  const whileDown = h.receivers.requests.length
  assert.ok(whileDown >= 20 && whileDown <= 60, `${whileDown} requests in two hours`)
  isDown = false
  await h.untilOver()
  assert.deepEqual([...new Set((await h.subject.rows()).map(({ state }) => state))], ['delivered'])
  const ids = h.receivers.requests.slice(whileDown).map(({ headers }) => headers['webhook-id'])
  assert.equal(new Set(ids).size, 40)
  assert.equal(ids.length, 40, 'each exactly once')
})

test('one URL that is wrong does not hold up the others of its origin', async () => {
  await using h = await DeliveryHarness.open()
  h.receivers.at('https://app.test', ({ url }) => (url.endsWith('/wrong') ? 404 : 204))
  for (let index = 0; index < 30; index += 1) await h.complete({ callbackUrl: 'https://app.test/wrong' })
  await h.pass(60_000)
  const createdAtMs = h.clock.nowMs()
  const task = await h.complete({ callbackUrl: 'https://app.test/right' })
  await settle()
  assert.partialDeepStrictEqual(await h.deliveryOf(task), { state: 'delivered', endedAtMs: createdAtMs })
})

test('a flapping endpoint gets everything in the end, and no event under two ids', async () => {
  await using h = await DeliveryHarness.open()
  const endpoint = await h.endpoint('ep')
  h.receivers.at(endpoint.url, (_request, call) => (call % 3 === 0 ? 204 : 500))
  for (let index = 0; index < 30; index += 1) await h.subject.add(`d${index}`, endpoint)
  await h.untilOver()
  assert.deepEqual([...new Set((await h.subject.rows()).map(({ state }) => state))], ['delivered'])
  const ids = new Set(h.receivers.requests.map(({ headers }) => headers['webhook-id']))
  assert.equal(ids.size, 30)
  assert.equal((await h.subject.store.webhooks.targetHealth('ep')).openUntilMs, null)
})

test('endpoints that never answer take a few places each; others go on meanwhile', async () => {
  await using h = await DeliveryHarness.open()
  for (let index = 0; index < 12; index += 1) {
    const dead = await h.endpoint(`ep_${index}`)
    h.receivers.at(dead.url, 'hang')
    for (let row = 0; row < 20; row += 1) await h.subject.add(`d${index}_${row}`, dead)
  }
  await settle()
  assert.equal(h.receivers.requests.length, 48)
  const fine = await h.endpoint('ep_fine')
  await h.subject.add('fine', fine)
  await settle()
  assert.equal(await h.subject.state('fine'), 'delivered')
})

test('a hundred endpoints that never answer delay others by the time limit of one attempt at most', async () => {
  await using h = await DeliveryHarness.open()
  for (let index = 0; index < 100; index += 1) {
    const dead = await h.endpoint(`ep_${index}`)
    h.receivers.at(dead.url, 'hang')
    await Promise.all(Array.from({ length: 12 }, (_, row) => h.subject.add(`d${index}_${row}`, dead)))
  }
  await h.pass(1_000)
  await h.subject.add('fine', await h.endpoint('ep_fine'))
  const startMs = h.clock.nowMs()
  await h.until(async () => (await h.subject.state('fine')) === 'delivered', 'the other is sent')
  const delayMs = h.clock.nowMs() - startMs
  assert.ok(delayMs <= 15_000, `delayed by ${delayMs} ms`)
})

test('many events of one endpoint that answers need no time at all', async () => {
  await using h = await DeliveryHarness.open()
  const endpoint = await h.endpoint('ep')
  await Promise.all(Array.from({ length: 12 }, (_, index) => h.subject.add(`d${index}`, endpoint)))
  for (let round = 0; round < 12; round += 1) await settle()
  assert.equal(h.receivers.requests.length, 12)
})

test('a vault that cannot be opened ends in exhausted, says why, and blocks nobody else', async () => {
  await using h = await DeliveryHarness.open()
  await h.endpoint('ep_locked')
  await h.shutdown()
  h.vault = createVault([keyOf(2)])
  await h.boot()
  const fine = await h.endpoint('ep_fine')
  const task = await h.complete()
  await h.untilOver()
  const rows = await h.subject.rows()
  const of = (id: string) => rows.find(({ endpointId }) => endpointId === id)!
  assert.partialDeepStrictEqual(of('ep_locked'), { state: 'exhausted', attempts: 10, taskId: task.id })
  assert.deepEqual([of('ep_fine').state, h.receivers.requests.length], ['delivered', 1])
  verified(h.receivers.requests[0]!, fine.secret)
  for (const { error, status } of await h.attempts(of('ep_locked'))) {
    assert.match(error ?? '', /REELAY_SECRET/)
    assert.equal(status, null)
  }
})

test('a secret that was rotated because the old one cannot be opened signs at once', async () => {
  await using h = await DeliveryHarness.open()
  await h.endpoint('ep')
  await h.shutdown()
  h.vault = createVault([keyOf(2)])
  await h.boot()
  const plain = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
  const nowMs = h.clock.nowMs()
  const secret = { sealed: h.vault.seal(plain, endpointPurpose('ep')), createdAtMs: nowMs, expiresAtMs: null }
  const rotation = { secret, expireAtMs: nowMs + DAY_MS, liveMax: 4 }
  await h.subject.store.webhooks.rotateEndpointSecret('default', 'ep', rotation)
  await h.complete()
  await settle()
  verified(h.receivers.requests[0] ?? assert.fail('nothing was sent'), plain)
})

test('the dead addresses of one project cost another project nothing, also when its own failed once', async () => {
  await using h = await DeliveryHarness.open()
  for (let index = 0; index < 300; index += 1) {
    const dead = await h.endpoint(`ep_${index}`, { projectId: 'flood' })
    h.receivers.at(dead.url, 'hang')
    await Promise.all(Array.from({ length: 4 }, (_, row) => h.subject.add(`d${index}_${row}`, dead)))
  }
  await h.pass(60_000)
  const fine = await h.endpoint('ep_fine')
  let isDown = true
  h.receivers.at(fine.url, () => (isDown ? 500 : 204))
  await h.subject.add('fine', fine)
  await settle()
  assert.equal(h.receivers.to(fine.url).length, 1, 'sent in the moment in which it was due')
  isDown = false
  await h.pass(6_100)
  assert.equal(await h.subject.state('fine'), 'delivered', 'and again as its schedule says')
})
