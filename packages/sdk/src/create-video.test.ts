import assert from 'node:assert/strict'
import { test } from 'node:test'
import { json, pending, refused, reset, task, type Handler } from '../test/fake-fetch.ts'
import { bodyOf, loopback } from '../test/loopback.ts'
import { drive } from '../test/manual-clock.ts'
import { testClient, type TestClient } from '../test/test-client.ts'
import { createClient, type ClientOptions } from './client.ts'
import { ReelayError } from './errors.ts'

const PARAMS = { prompt: 'a kite', model: 'wan2.6' }

/** How many requests one create takes when the first one fails in this way. */
async function requests(
  first: () => Response | Promise<Response>,
  options: Partial<ClientOptions>,
): Promise<number> {
  const { client, clock, fetch } = testClient(
    (_sent, index) => (index === 0 ? first() : json(task())),
    options,
  )
  await drive(
    clock,
    client.videos.create(PARAMS).then(
      () => undefined,
      () => undefined,
    ),
  )
  return fetch.sent.length
}

test('all attempts of one call carry one key, and another call carries another', async () => {
  const { client, clock, fetch } = testClient((_sent, index) => (index < 2 ? json({}, 503) : json(task())), {
    idempotentCreate: true,
  })
  await drive(clock, client.videos.create(PARAMS))
  await client.videos.create(PARAMS)
  const [a, b, c, d] = fetch.sent.map(({ headers }) => headers.get('idempotency-key'))
  assert.match(a ?? '', /^[0-9a-f]{32}$/)
  assert.deepEqual([b, c], [a, a])
  assert.notEqual(d, a)
})

test('a key of the caller is used as it is, and an illegal one is never sent', async () => {
  const { client, fetch } = testClient(() => json(task()))
  await client.videos.create(PARAMS, { idempotencyKey: 'order-7' })
  assert.equal(fetch.sent[0]?.headers.get('idempotency-key'), 'order-7')
  for (const idempotencyKey of ['', 'a b', 'ü', 'x'.repeat(256)]) {
    await assert.rejects(client.videos.create(PARAMS, { idempotencyKey }), { code: 'invalid_argument' })
  }
  assert.equal(fetch.sent.length, 1)
})

test('on a server that may not know the key, only what was surely not taken is repeated', async () => {
  for (const idempotentCreate of [undefined, false]) {
    assert.equal(await requests(() => json({}, 429), { idempotentCreate }), 2)
    assert.equal(await requests(() => Promise.reject(refused()), { idempotentCreate }), 2)
    assert.equal(await requests(() => Promise.reject(reset()), { idempotentCreate }), 1)
    assert.equal(
      await requests(() => Promise.reject(new TypeError('Failed to fetch')), { idempotentCreate }),
      1,
    )
    for (const status of [408, 409, 500, 502, 503, 524]) {
      assert.equal(await requests(() => json({}, status), { idempotentCreate }), 1, String(status))
    }
    const quota = json({ error: { code: 'insufficient_quota', message: 'x' } }, 429)
    assert.equal(await requests(() => quota, { idempotentCreate }), 1)
  }
})

test('on a server that honours the key, every passing failure is repeated', async () => {
  const options = { idempotentCreate: true }
  assert.equal(await requests(() => Promise.reject(reset()), options), 2)
  for (const status of [408, 429, 500, 502, 503, 524]) {
    assert.equal(await requests(() => json({}, status), options), 2, String(status))
  }
  assert.equal(await requests(() => json({}, 409, { 'retry-after': '1' }), options), 2)
  assert.equal(await requests(() => json({}, 400), options), 1)
  assert.equal(await requests(() => json({ error: { code: 'invalid_request' } }, 500), options), 1)
})

test('any earlier answer of a Reelay gateway settles it, even a failing one', async () => {
  const reelay = { 'reelay-version': '0.1.0' }
  assert.equal(await requests(() => json({}, 503, reelay), {}), 2)
  const answers = [() => json(task(), 200, reelay), () => Promise.reject(reset()), () => json(task())]
  const { client, clock, fetch } = testClient((_sent, index) => answers[index]!())
  await client.videos.retrieve('video_1')
  await drive(clock, client.videos.create(PARAMS))
  assert.equal(fetch.sent.length, 3)
  assert.equal(await requests(() => json({}, 503, reelay), { idempotentCreate: false }), 1)
})

async function requestsAfterTimeout(idempotentCreate: boolean): Promise<number> {
  const { client, clock, fetch } = testClient((_sent, index) => (index === 0 ? pending() : json(task())), {
    idempotentCreate,
    timeoutMs: 5000,
  })
  await drive(
    clock,
    client.videos.create(PARAMS).catch(() => undefined),
  )
  return fetch.sent.length
}

test('the time limit is a failure in doubt', async () => {
  assert.equal(await requestsAfterTimeout(true), 2)
  assert.equal(await requestsAfterTimeout(false), 1)
})

async function failedCreate(handler: Handler, options: Partial<ClientOptions>): Promise<ReelayError> {
  const { client, clock }: TestClient = testClient(handler, { maxRetries: 0, ...options })
  const error: unknown = await drive(clock, client.videos.create(PARAMS)).catch((cause: unknown) => cause)
  assert.ok(error instanceof ReelayError)
  return error
}

const lost: Handler = () => Promise.reject(reset())

test('the error carries the key, and calls itself retryable only where repeating does no harm', async () => {
  const doubt = await failedCreate(lost, { newIdempotencyKey: () => 'k1' })
  assert.deepEqual([doubt.code, doubt.idempotencyKey, doubt.retryable], ['connection_failed', 'k1', false])
  const safe = await failedCreate(lost, { newIdempotencyKey: () => 'k2', idempotentCreate: true })
  assert.deepEqual([safe.idempotencyKey, safe.retryable], ['k2', true])
})

test('an empty prompt is refused before anything is sent', async () => {
  const { client, fetch } = testClient(() => json(task()))
  await assert.rejects(client.videos.create({ prompt: ' ' }), { code: 'invalid_argument', param: 'prompt' })
  assert.equal(fetch.sent.length, 0)
})

test('an error with a 200 fails the create', async () => {
  const error = await failedCreate(() => json({ error: { message: 'busy' } }), { idempotentCreate: true })
  assert.deepEqual([error.status, error.retryable], [200, false])
})

test('a file survives a retry over a real connection', async () => {
  const bodies: Buffer[] = []
  await using server = await loopback((request, response) => {
    void bodyOf(request).then((body) => {
      const status = bodies.push(body) === 1 ? 503 : 200
      return response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(task()))
    })
  })
  const client = createClient({
    baseURL: server.baseURL,
    idempotentCreate: true,
    clock: { nowMs: () => 0, sleep: (ms, signal) => (ms > 1000 ? untilAbort(signal) : Promise.resolve()) },
  })
  const first_frame = new Blob([new Uint8Array(100_000).fill(7)], { type: 'image/png' })
  await client.videos.create({ prompt: 'a kite', first_frame })
  assert.equal(bodies.length, 2)
  for (const body of bodies) {
    assert.ok(body.length > 100_000)
    assert.ok(body.includes('name="first_frame"; filename="first_frame.png"'))
  }
})

const untilAbort = (signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true }))

test('adopt carries a key in the same way, and sends what was given', async () => {
  const { client, clock, fetch } = testClient((_sent, index) => (index < 1 ? json({}, 502) : json(task())), {
    idempotentCreate: true,
  })
  const params = { provider: 'kling', id: '17', endpoint: 'image2video', prompt: undefined }
  await drive(clock, client.videos.adopt(params))
  const [first, second] = fetch.sent
  assert.equal(first?.url.pathname, '/v1/videos/adopt')
  assert.deepEqual(JSON.parse(first?.text ?? ''), { provider: 'kling', id: '17', endpoint: 'image2video' })
  const key = first?.headers.get('idempotency-key') ?? ''
  assert.match(key, /^[0-9a-f]{32}$/)
  assert.equal(second?.headers.get('idempotency-key'), key)
})
