import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HttpSettings } from './deps.ts'
import type { HttpBindings } from './exchange.ts'
import { NO_LIMITS } from './limit-list.ts'
import { startTestApp, type TestApp } from './test-deps.ts'
import { errorOf, send, type Sent } from './test-request.ts'

const BODY = { model: 'wan2.6', prompt: 'x' }

const from = (remoteAddress: string): HttpBindings => ({ incoming: { socket: { remoteAddress } } })

async function withApp(settings: Partial<HttpSettings>, run: (api: TestApp) => Promise<void>): Promise<void> {
  const api = startTestApp(settings)
  try {
    await run(api)
  } finally {
    await api.close()
  }
}

function assertLimited(sent: Sent): void {
  const { code, type } = errorOf(sent)
  assert.deepEqual([sent.status, code, type], [429, 'rate_limit_exceeded', 'rate_limit_error'])
  assert.match(sent.headers.get('retry-after') ?? '', /^([1-9]|[1-5]\d|60)$/)
}

const few = { ...NO_LIMITS, createsPerMinute: 2, readsPerMinute: 3 }

test('creates are counted for all keys of a project together, and other projects do not notice', async () => {
  await withApp({ projectLimits: few }, async (api) => {
    const create = (key: string) => send(api, 'POST', '/v1/videos', { key, body: BODY })
    assert.equal((await create(api.addKey('proj_a'))).status, 200)
    assert.equal((await create(api.addKey('proj_a'))).status, 200)
    assertLimited(await create(api.addKey('proj_a')))
    assert.equal((await create(api.addKey('default'))).status, 200)
    assert.equal(api.store.tasks.size, 3)
    api.clock.advance(30_000)
    assert.equal((await create(api.addKey('proj_a'))).status, 200)
  })
})

test('a refused create is answered before its body is read', async () => {
  await withApp({ projectLimits: { ...few, createsPerMinute: 0 } }, async (api) => {
    let pulls = 0
    const body = new ReadableStream<Uint8Array>(
      {
        pull: (controller) => {
          pulls += 1
          controller.enqueue(new Uint8Array(10))
        },
      },
      { highWaterMark: 0 },
    )
    const headers = { 'content-type': 'application/json' }
    assertLimited(await send(api, 'POST', '/v1/videos', { key: api.addKey('proj_a'), body, headers }))
    assert.equal(pulls, 0)
    assert.equal(api.planned.length, 0)
  })
})

test('everything else that needs a key is a read, also what only looks like a create', async () => {
  await withApp({ projectLimits: few }, async (api) => {
    const key = api.addKey('proj_a', ['read', 'content', 'admin'])
    const reader = api.addKey('proj_a', ['read'])
    assert.equal((await send(api, 'GET', '/v1/videos', { key })).status, 200)
    assert.equal((await send(api, 'GET', '/v1/keys', { key })).status, 200)
    // It may not create: it must not use up what others may create either.
    assert.equal((await send(api, 'POST', '/v1/videos', { key: reader, body: BODY })).status, 403)
    assertLimited(await send(api, 'GET', '/v1/models', { key }))
    assertLimited(await send(api, 'GET', `/v1/videos/video_${'0'.repeat(26)}/content`, { key }))
    assert.equal(
      (await send(api, 'POST', '/v1/videos', { key: api.addKey('proj_a'), body: BODY })).status,
      200,
    )
    assert.equal((await send(api, 'GET', '/healthz')).status, 200)
  })
})

test('a remix is a create', async () => {
  await withApp({ projectLimits: { ...few, createsPerMinute: 1 } }, async (api) => {
    const key = api.addKey('proj_a')
    const path = `/v1/videos/video_${'0'.repeat(26)}/remix`
    assert.equal((await send(api, 'POST', path, { key, body: BODY })).status, 404)
    assertLimited(await send(api, 'POST', path, { key, body: BODY }))
  })
})

test('content by a signed link is counted for nobody', async () => {
  await withApp({ projectLimits: { ...few, readsPerMinute: 1 } }, async (api) => {
    const key = api.addKey('proj_a')
    const made = await send(api, 'POST', '/v1/videos', { key, body: BODY })
    api.complete(String(made.body['id']))
    const seen = await send(api, 'GET', `/v1/videos/${String(made.body['id'])}`, { key })
    const link = new URL(String(seen.body['video_url']))
    for (let count = 0; count < 5; count += 1)
      assert.equal((await send(api, 'GET', link.pathname + link.search)).status, 200)
    assertLimited(await send(api, 'GET', link.pathname, { key }))
  })
})

test('in_flight: refused before the body is read, free again when a video ends, replays answered', async () => {
  await withApp({ projectLimits: { ...NO_LIMITS, inFlight: 1 } }, async (api) => {
    const key = api.addKey('proj_a')
    const create = (headers: Record<string, string> = {}, body: unknown = BODY) =>
      send(api, 'POST', '/v1/videos', { key, body, headers })
    const first = await create({ 'idempotency-key': 'k' })
    const refused = await create({}, { ...BODY, prompt: 'y' })
    assertLimited(refused)
    assert.match(errorOf(refused).message, /1 videos under way.*when one of them ends/)
    assert.equal(api.planned.length, 1)
    const replay = await create({ 'idempotency-key': 'k' })
    assert.deepEqual([replay.status, replay.body['id']], [200, first.body['id']])
    assertLimited(await create({ 'idempotency-key': 'other' }))
    api.complete(String(first.body['id']))
    assert.equal((await create()).status, 200)
  })
})

test('in_flight: the retry of a client that counts its retries is answered', async () => {
  await withApp({ projectLimits: { ...NO_LIMITS, inFlight: 1 } }, async (api) => {
    const key = api.addKey('proj_a')
    const attempt = (count: string) =>
      send(api, 'POST', '/v1/videos', { key, body: BODY, headers: { 'x-stainless-retry-count': count } })
    const first = await attempt('0')
    const second = await attempt('1')
    assert.deepEqual([second.status, second.body['id']], [200, first.body['id']])
  })
})

test('per_day: says when the day ends in UTC, and that repeating by itself does not help', async () => {
  await withApp({ projectLimits: { ...NO_LIMITS, perDay: 1 } }, async (api) => {
    const key = api.addKey('proj_a')
    await send(api, 'POST', '/v1/videos', { key, body: BODY })
    const refused = await send(api, 'POST', '/v1/videos', { key, body: BODY })
    assertLimited(refused)
    assert.match(errorOf(refused).message, /ends at \d{4}-\d\d-\d\dT00:00:00\.000Z \(UTC\)/)
    assert.equal(refused.headers.get('retry-after'), '60')
    assert.equal(refused.headers.get('x-should-retry'), 'false')
  })
})

test('a limit of 0 says who can change it', async () => {
  await withApp({ projectLimits: { ...NO_LIMITS, inFlight: 0 } }, async (api) => {
    const refused = await send(api, 'POST', '/v1/videos', { key: api.addKey('proj_a'), body: BODY })
    assertLimited(refused)
    assert.match(errorOf(refused).message, /limit in_flight is 0\. Ask an administrator/)
  })
})

test('after sixty failures in a minute an address gets 429, and a valid key from it is served', async () => {
  await withApp({}, async (api) => {
    const fail = (address: string) => send(api, 'GET', '/v1/videos', { key: 'rk_wrong', env: from(address) })
    for (let count = 0; count < 60; count += 1) assert.equal((await fail('192.0.2.1')).status, 401)
    const refused = await fail('192.0.2.1')
    assertLimited(refused)
    assert.match(errorOf(refused).message, /from this address/)
    const served = await send(api, 'GET', '/v1/videos', { key: api.addKey('proj_a'), env: from('192.0.2.1') })
    assert.equal(served.status, 200)
    assert.equal((await fail('192.0.2.2')).status, 401)
    api.clock.advance(1_000)
    assert.equal((await fail('192.0.2.1')).status, 401)
  })
})

test('behind a proxy the failures are the client’s, not the proxy’s', async () => {
  await withApp({ trustedProxies: 1 }, async (api) => {
    const fail = (client: string, invented: string) =>
      send(api, 'GET', '/v1/videos', {
        env: from('10.0.0.1'),
        headers: { 'x-forwarded-for': `${invented}, ${client}` },
      })
    for (let count = 0; count < 60; count += 1)
      assert.equal((await fail('192.0.2.1', `198.51.100.${count}`)).status, 401)
    assertLimited(await fail('192.0.2.1', '198.51.100.99'))
    assert.equal((await fail('192.0.2.2', '192.0.2.1')).status, 401)
  })
})

test('without a socket failures are not limited', async () => {
  await withApp({}, async (api) => {
    for (let count = 0; count < 70; count += 1)
      assert.equal((await send(api, 'GET', '/v1/videos', { key: 'rk_wrong' })).status, 401)
  })
})

test('why a key is refused is in the log and not in the answer', async () => {
  await withApp({}, async (api) => {
    const [revoked, expired] = [api.addKey('proj_a'), api.addKey('proj_a')]
    const entries = api.store.keys
    const [dead, old] = [entries[0]!, entries[1]!]
    dead.key = { ...dead.key, revokedAtMs: 1 }
    old.key = { ...old.key, expiresAtMs: api.clock.nowMs() }
    const answers = new Set<string>()
    for (const key of [revoked, expired, 'rk_unknown'])
      answers.add(errorOf(await send(api, 'GET', '/v1/videos', { key })).message)
    assert.equal(answers.size, 1)
    const told = api.lines
      .filter(({ message }) => message.startsWith('a request without'))
      .map(({ fields }) => fields as Record<string, unknown>)
    assert.deepEqual(
      told.map(({ reason, keyId }) => [reason, keyId]),
      [
        ['revoked', dead.key.id],
        ['expired', old.key.id],
        ['unknown', undefined],
      ],
    )
    assert.equal(JSON.stringify(api.lines).includes(revoked), false)
  })
})

test('an expired key ends with its time', async () => {
  await withApp({}, async (api) => {
    const key = api.addKey('proj_a')
    const [entry] = api.store.keys
    entry!.key = { ...entry!.key, expiresAtMs: api.clock.nowMs() + 1_000 }
    assert.equal((await send(api, 'GET', '/v1/videos', { key })).status, 200)
    api.clock.advance(1_000)
    assert.equal((await send(api, 'GET', '/v1/videos', { key })).status, 401)
  })
})
