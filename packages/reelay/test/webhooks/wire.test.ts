import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { createGuard } from '../../src/net/guard.ts'
import { createGuardedClient } from '../../src/net/guarded-fetch.ts'
import { recordDials } from '../../src/net/test-dials.ts'
import { parseAllowHosts } from '../../src/net/allow-hosts.ts'
import { DeliveryHarness } from './delivery-harness.ts'
import { Receiver, type Answering } from './receiver.ts'
import { WebhookGateway } from './webhook-gateway.ts'

const TIMEOUT = { timeout: 30_000 }
/** More than sockets buffer. */
const ENDLESS_BYTES = 100_000_000

/** A gateway with one finished task, and a receiver that answers its event in some way. */
async function deliverTo(answering: Answering, environment: Readonly<Record<string, string>> = {}) {
  const receiver = await Receiver.open(answering)
  const gateway = await WebhookGateway.open(environment)
  const id = await gateway.create({ callback_url: receiver.url })
  const stop = async (): Promise<void> => {
    await gateway[Symbol.asyncDispose]()
    await receiver[Symbol.asyncDispose]()
  }
  return { receiver, gateway, id, [Symbol.asyncDispose]: stop }
}

test('a delivery as it comes over the wire', TIMEOUT, async () => {
  await using d = await deliverTo((response) => response.end('thanks'))
  const { headers, event, path, raw } = await d.receiver.nth(1)
  assert.equal(path, '/hook')
  assert.equal(headers['content-type'], 'application/json')
  assert.match(headers['user-agent'] ?? '', /^reelay\/\d+\.\d+\.\d+$/)
  assert.equal(headers['content-length'], String(Buffer.byteLength(raw)))
  assert.equal(headers['webhook-id'], `evt_${d.id.slice('video_'.length)}_completed`)
  assert.ok(Math.abs(Number(headers['webhook-timestamp']) - Date.now() / 1_000) < 10)
  const { result } = event as { result: { video_url: string } }
  const film = await fetch(result.video_url)
  assert.equal(film.status, 200)
  assert.equal(film.headers.get('content-type'), 'video/mp4')
  await film.body?.cancel()
  const { log, state } = await d.gateway.logged(1)
  assert.equal(state, 'delivered')
  assert.partialDeepStrictEqual(log, [{ n: 1, status: 200, error: null, responseBody: 'thanks' }])
})

test('an endpoint with the payload thin gets neither link nor prompt', TIMEOUT, async () => {
  await using receiver = await Receiver.open()
  await using gateway = await WebhookGateway.open()
  await gateway.endpoint(receiver.url, { payload: 'thin' })
  const id = await gateway.create()
  const { event, raw } = await receiver.nth(1)
  assert.deepEqual(Object.keys(event).toSorted(), [
    'created_at',
    'data',
    'id',
    'object',
    'progress',
    'sequence',
    'status',
    'task_id',
    'timestamp',
    'type',
  ])
  assert.deepEqual([event['task_id'], event['status'], event['data']], [id, 'completed', { id }])
  assert.doesNotMatch(raw, /boat|sig=/)
})

test('a receiver that never answers is given up after 15 seconds and asked again', TIMEOUT, async () => {
  await using d = await deliverTo((response, call) => void (call > 1 && response.writeHead(204).end()))
  const first = await d.receiver.nth(1)
  d.gateway.clock.jump(15_000)
  await first.closed
  const { log } = await d.gateway.logged(1)
  assert.partialDeepStrictEqual(log, [{ status: null, responseBody: null }])
  assert.match(log[0]?.error ?? '', /15000 ms/)
  d.gateway.clock.jump(6_000)
  assert.equal((await d.receiver.nth(2)).headers['webhook-id'], first.headers['webhook-id'])
  assert.equal((await d.gateway.logged(2)).state, 'delivered')
})

test('a receiver that drips its headers for ever is given up too', TIMEOUT, async () => {
  await using d = await deliverTo((response) => void response.socket?.write('HTTP/1.1 200 OK\r\nx-a: 1\r\n'))
  const { closed } = await d.receiver.nth(1)
  d.gateway.clock.jump(15_000)
  await closed
  assert.match((await d.gateway.logged(1)).log[0]?.error ?? '', /15000 ms/)
})

test(
  '200 with an endless body is delivered: two kilobytes are kept, and the connection is closed',
  TIMEOUT,
  async () => {
    let poured = 0
    await using d = await deliverTo((response) => {
      const pour = (): void => {
        while (!response.destroyed && poured < ENDLESS_BYTES && response.write('x'.repeat(1_000)))
          poured += 1_000
      }
      response.on('drain', pour)
      pour()
    })
    const { closed } = await d.receiver.nth(1)
    const { state, log } = await d.gateway.logged(1)
    assert.equal(state, 'delivered')
    assert.partialDeepStrictEqual(log, [{ status: 200, responseBody: 'x'.repeat(2_048) }])
    await closed
    assert.ok(poured < ENDLESS_BYTES, 'more was read than is kept')
  },
)

test('200 with a body that never comes, or breaks off, is delivered', TIMEOUT, async () => {
  await using d = await deliverTo((response) => {
    response.writeHead(200, { 'content-length': '10' }).write('half')
    response.socket?.destroySoon()
  })
  const { state, log } = await d.gateway.logged(1)
  assert.deepEqual([state, log[0]?.responseBody], ['delivered', 'half'])
})

for (const status of [301, 307]) {
  test(`a redirect (${status}) is a failure: where it leads is not asked`, TIMEOUT, async () => {
    await using elsewhere = await Receiver.open()
    await using d = await deliverTo((response) =>
      response.writeHead(status, { location: elsewhere.url }).end(),
    )
    const { state, log } = await d.gateway.logged(1)
    assert.deepEqual([state, log[0]?.status, elsewhere.received.length], ['pending', status, 0])
    assert.match(log[0]?.error ?? '', /not followed/)
  })
}

test('a gzip bomb is neither unpacked nor kept', TIMEOUT, async () => {
  const bomb = gzipSync(Buffer.alloc(50_000_000))
  await using d = await deliverTo((response) => response.setHeader('content-encoding', 'gzip').end(bomb))
  const { state, log } = await d.gateway.logged(1)
  assert.equal(state, 'delivered')
  assert.ok((log[0]?.responseBody?.length ?? Infinity) <= 2_048)
})

test(
  'an answer with huge headers, and one that is no HTTP, are failures that are retried',
  TIMEOUT,
  async () => {
    await using d = await deliverTo(
      (response, call) => {
        if (call === 1) response.writeHead(200, { 'x-huge': 'h'.repeat(200_000) }).end()
        else if (call === 2) response.socket?.end('SSH-2.0-OpenSSH_9.9\r\n')
        else response.writeHead(204).end()
      },
      { REELAY_WEBHOOK_SCHEDULE: '0s,5s,5s,1h' },
    )
    for (const attempt of [1, 2]) {
      await d.gateway.logged(attempt)
      d.gateway.clock.jump(6_000)
    }
    const { state, log } = await d.gateway.logged(3)
    assert.deepEqual([state, log.map(({ status }) => status)], ['delivered', [null, null, 204]])
    for (const { error } of log.slice(0, 2)) assert.match(error ?? '', /127\.0\.0\.1/)
  },
)

test('nobody listens: the attempt says so, and the event comes when somebody does', TIMEOUT, async () => {
  const closed = await Receiver.open()
  await closed[Symbol.asyncDispose]()
  await using gateway = await WebhookGateway.open()
  // At an address of loopback where no other test ever listens on the port that this one gave back.
  await gateway.create({ callback_url: closed.url.replace('127.0.0.1', '127.77.3.9') })
  const { state, log } = await gateway.logged(1)
  assert.deepEqual([state, log[0]?.status], ['pending', null])
  assert.notEqual(log[0]?.error ?? '', '')
})

test(
  'a name that leads to a private address is refused, logged and retried, and never dialled',
  TIMEOUT,
  async (t) => {
    const dials = await recordDials()
    t.after(() => dials.restore())
    const answers = ['10.0.0.5', '169.254.169.254', '::ffff:192.168.1.1', '127.0.0.1', 'fd00::1']
    let looks = 0
    const lookup = () => Promise.resolve([answers[looks++ % answers.length]!])
    const guard = createGuard({ allow: parseAllowHosts(''), lookup })
    const client = createGuardedClient({ guard, clock: { nowMs: Date.now, monotonicMs: Date.now, sleep } })
    await using h = await DeliveryHarness.open({ guarded: client })
    await h.endpoint('ep', { url: 'https://rebinding.test/hook' })
    const task = await h.complete()
    await h.untilOver()
    const delivery = await h.deliveryOf(task)
    assert.partialDeepStrictEqual(delivery, { state: 'exhausted', attempts: 10 })
    for (const { error, status } of await h.attempts(delivery)) {
      assert.match(error ?? '', /rebinding\.test/)
      assert.doesNotMatch(error ?? '', /10\.0|169\.254|192\.168|fd00/)
      assert.equal(status, null)
    }
    assert.equal(looks, 10)
    assert.deepEqual(dials.seen, [])
  },
)

/** Limits of these transfers never pass: they end before. */
const sleep = (_ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true }))
