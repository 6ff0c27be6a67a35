import assert from 'node:assert/strict'
import { test } from 'node:test'
import { json, pending, refused, reset, task } from '../test/fake-fetch.ts'
import { loopback } from '../test/loopback.ts'
import { drive } from '../test/manual-clock.ts'
import { testClient } from '../test/test-client.ts'
import { createClient } from './client.ts'

test('the key goes out as a Bearer token, and ids are percent-encoded', async () => {
  const { client, fetch } = testClient(() => json(task()))
  await client.videos.retrieve('a/b c')
  const [sent] = fetch.sent
  assert.equal(sent?.url.pathname, '/v1/videos/a%2Fb%20c')
  assert.equal(sent?.headers.get('authorization'), 'Bearer rk_test')
  assert.equal(sent?.headers.get('accept'), 'application/json')
})

test('without a key there is no Authorization header', async () => {
  const { client, fetch } = testClient(() => json(task()), { apiKey: undefined })
  await client.videos.retrieve('a')
  assert.equal(fetch.sent[0]?.headers.get('authorization'), null)
})

test('a base URL with a prefix and /v1 is used as it is meant', async () => {
  const { client, fetch } = testClient(() => json(task()), { baseURL: 'https://h.test/proxy/v1/' })
  await client.videos.retrieve('a')
  assert.equal(fetch.sent[0]?.url.href, 'https://h.test/proxy/v1/videos/a')
})

test('an illegal key is refused at once without being quoted', () => {
  assert.throws(
    () => testClient(() => json({}), { apiKey: 'rk_secret\nx: y' }),
    (error: Error) => !error.message.includes('secret'),
  )
})

test('reads are repeated after passing failures, with growing pauses', async () => {
  const failures = [() => Promise.reject(reset()), () => json({}, 503), () => json(task())]
  const { client, clock, fetch } = testClient((_sent, index) => failures[index]!())
  const video = await drive(clock, client.videos.retrieve('a'))
  assert.equal(video.id, 'video_1')
  const [first, second, third] = fetch.sent.map(({ atMs }) => atMs)
  assert.deepEqual([second! - first!, third! - second!], [500, 750])
})

test('retries end after maxRetries, and final answers get none', async () => {
  const always = testClient(() => json({}, 503), { maxRetries: 3 })
  await assert.rejects(drive(always.clock, always.client.videos.retrieve('a')), {
    code: 'server_error',
    status: 503,
  })
  assert.equal(always.fetch.sent.length, 4)
  for (const status of [301, 400, 401, 403, 404, 410, 422]) {
    const once = testClient(() => json({}, status))
    await assert.rejects(drive(once.clock, once.client.videos.retrieve('a')), { status })
    assert.equal(once.fetch.sent.length, 1, String(status))
  }
})

async function waitedMs(seconds: string): Promise<number> {
  const { client, clock, fetch } = testClient((_sent, index) =>
    index === 0 ? json({}, 429, { 'retry-after': seconds }) : json(task()),
  )
  await drive(clock, client.videos.retrieve('a'))
  return fetch.sent[1]!.atMs - fetch.sent[0]!.atMs
}

test('Retry-After is obeyed up to a minute', async () => {
  assert.equal(await waitedMs('7'), 7000)
  assert.equal(await waitedMs('86400'), 60_000)
  assert.equal(await waitedMs('0'), 500)
})

test('a request that gets no answer ends at the time limit', async () => {
  const { client, clock } = testClient(pending, { maxRetries: 0, timeoutMs: 5000 })
  const work = client.videos.retrieve('a')
  await clock.untilSleeperWithin(5000)
  clock.advance(5000)
  await assert.rejects(work, { code: 'timeout', message: /5000 ms.*gateway\.test/ })
})

test('a body that never ends is cut by the same limit', async () => {
  const started = Promise.withResolvers<void>()
  const body = new ReadableStream({
    pull: () => {
      started.resolve()
      return new Promise<void>(() => {})
    },
  })
  const { client, clock } = testClient(() => new Response(body), { maxRetries: 0, timeoutMs: 5000 })
  const work = client.videos.retrieve('a')
  await started.promise
  clock.advance(5000)
  await assert.rejects(work, { code: 'timeout' })
  assert.equal(clock.sleeping, 0)
})

test('an abort ends a request, and one that was aborted before is not sent', async () => {
  const controller = new AbortController()
  const sent = Promise.withResolvers<void>()
  const { client, fetch, clock } = testClient(() => {
    sent.resolve()
    return pending()
  })
  const work = client.videos.retrieve('a', { signal: controller.signal })
  await sent.promise
  controller.abort()
  await assert.rejects(work, { name: 'AbortError', code: 'aborted' })
  assert.equal(clock.sleeping, 0)
  await assert.rejects(client.videos.retrieve('a', { signal: controller.signal }), { code: 'aborted' })
  assert.equal(fetch.sent.length, 1)
})

test('an abort ends the pause before a retry', async () => {
  const controller = new AbortController()
  const { client, clock, fetch } = testClient(() => Promise.reject(refused()))
  const work = client.videos.retrieve('a', { signal: controller.signal })
  await clock.untilSleeperWithin(1000)
  controller.abort()
  await assert.rejects(work, { code: 'aborted' })
  assert.equal(fetch.sent.length, 1)
})

test('a JSON route does not follow a redirect', async () => {
  await using server = await loopback((request, response) => {
    if (request.url === '/elsewhere') response.end(JSON.stringify(task()))
    else response.writeHead(302, { location: '/elsewhere' }).end()
  })
  const client = createClient({ baseURL: server.baseURL, apiKey: 'k' })
  await assert.rejects(client.videos.retrieve('a'), { code: 'unexpected_answer', status: 302 })
})

test('a page with a 200 is an unexpected answer', async () => {
  const { client } = testClient(
    () => new Response('<html></html>', { headers: { 'content-type': 'text/html' } }),
  )
  await assert.rejects(client.videos.retrieve('a'), { code: 'unexpected_answer', message: /HTML/ })
})
