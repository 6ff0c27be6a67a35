import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { afterEach, beforeEach, test } from 'node:test'
import { startTestApp, type TestApp } from './test-deps.ts'
import { errorOf, send, type Sent } from './test-request.ts'

let api: TestApp
let key: string

beforeEach(() => {
  api = startTestApp()
  key = api.addKey('proj_a')
})
afterEach(() => api.close())

async function create(
  headers: Record<string, string> = {},
  env?: { outgoing: EventEmitter },
): Promise<string> {
  const body = { model: 'wan2.6', prompt: 'a cat' }
  const sent = await send(api, 'POST', '/v1/videos', { key, body, headers, ...(env ? { env } : {}) })
  assert.equal(sent.status, 200, JSON.stringify(sent.body))
  return String(sent.body['id'])
}

const get = (id: string, headers: Record<string, string> = {}, as = key): Promise<Sent> =>
  send(api, 'GET', `/v1/videos/${id}`, { key: as, headers })

const OPENAI_KEYS =
  'completed_at,created_at,error,expires_at,id,model,object,progress,prompt,remixed_from_video_id,seconds,size,status'

test('a queued video has all keys, says when to ask again, and has no link', async () => {
  const { status, body, headers } = await get(await create())
  assert.equal(status, 200)
  for (const name of OPENAI_KEYS.split(',')) assert.ok(name in body, name)
  assert.equal('video_url' in body, false)
  assert.equal(headers.get('retry-after'), '2')
  assert.equal(headers.get('openai-poll-after-ms'), '2000')
  assert.match(headers.get('etag') ?? '', /^W\/"/)
  assert.equal(headers.get('cache-control'), 'private, no-cache')
  assert.match(headers.get('vary') ?? '', /x-stainless-lang/)
})

test('the pause grows with the age, to a minute at most', async () => {
  const id = await create()
  api.clock.advance(100_000)
  assert.equal((await get(id)).headers.get('retry-after'), '10')
  api.clock.advance(10_000_000)
  assert.equal((await get(id)).headers.get('retry-after'), '60')
})

test('304 only for the current version and the same kind of client', async () => {
  const id = await create()
  const etag = (await get(id)).headers.get('etag') ?? ''
  const same = await get(id, { 'if-none-match': etag })
  assert.equal(same.status, 304)
  assert.equal(same.bytes.byteLength, 0)
  assert.equal((await get(id, { 'if-none-match': etag, 'x-stainless-lang': 'js' })).status, 200)
  api.store.change(id, { progress: 10 })
  assert.equal((await get(id, { 'if-none-match': etag })).status, 200)
})

test('Prefer: wait answers at a change, without polling the store', async () => {
  const id = await create()
  const pending = get(id, { prefer: 'wait=5' })
  await api.clock.untilSleeping()
  api.store.change(id, { state: 'running', progress: 5 })
  const { body, headers } = await pending
  assert.equal(body['status'], 'in_progress')
  assert.equal(headers.get('preference-applied'), 'wait=5')
  assert.equal(api.store.listeners, 0)
})

test('Prefer: wait is not woken by what clients cannot see, and ends with its time', async () => {
  const id = await create()
  const pending = get(id, { prefer: 'respond-async, wait=99' })
  await api.clock.untilSleeping()
  api.store.change(id, { state: 'submitting' })
  assert.equal(api.clock.sleeping, 1)
  api.clock.advance(25_000)
  const { status, headers } = await pending
  assert.equal(status, 200)
  assert.equal(headers.get('preference-applied'), 'wait=25')
})

test('Prefer: wait answers at once for an ended video, for a stale ETag and while stopping', async () => {
  const id = await create()
  assert.equal((await get(id, { prefer: 'wait=5', 'if-none-match': 'W/"0c"' })).status, 200)
  api.complete(id)
  assert.equal((await get(id, { prefer: 'wait=5' })).body['status'], 'completed')
  const other = await create()
  const pending = get(other, { prefer: 'wait=5' })
  await api.clock.untilSleeping()
  api.stop()
  assert.equal((await pending).status, 200)
  assert.equal((await get(other, { prefer: 'wait=5' })).status, 200)
})

test('Prefer: wait ends when the client leaves, and when the video is deleted', async () => {
  const id = await create()
  const leaving = new AbortController()
  const left = send(api, 'GET', `/v1/videos/${id}`, {
    key,
    headers: { prefer: 'wait=5' },
    signal: leaving.signal,
  })
  await api.clock.untilSleeping()
  leaving.abort()
  await left
  const pending = get(id, { prefer: 'wait=5' })
  await api.clock.untilSleeping()
  await api.store.deleteTask('proj_a', id)
  assert.equal((await pending).status, 404)
})

test('a completed video has a link, probed values and its hash', async () => {
  const id = await create()
  api.complete(id)
  const { body, headers } = await get(id)
  assert.deepEqual(
    [body['progress'], body['seconds'], body['size'], body['error']],
    [100, '5', '1280x720', null],
  )
  assert.match(
    String(body['video_url']),
    new RegExp(`^https://reelay.example/v1/videos/${id}/content\\?exp=\\d+&sig=`),
  )
  const details = body['reelay'] as Record<string, unknown>
  assert.equal(details['duration'], 5.005)
  assert.equal(details['provider'], 'test')
  assert.match(String(details['sha256']), /^[0-9a-f]{64}$/)
  assert.equal(headers.get('retry-after'), null)
})

test('a page of completed videos asks for all of their files at once', async () => {
  for (const id of [await create(), await create()]) api.complete(id)
  await create()
  const asked: (readonly string[])[] = []
  const artifactsOf = api.store.artifactsOf.bind(api.store)
  api.store.artifactsOf = (ids) => {
    asked.push(ids)
    return artifactsOf(ids)
  }
  api.store.artifacts = () => assert.fail('the files of one video were asked for')
  const { body } = await send(api, 'GET', '/v1/videos', { key })
  const videos = body['data'] as Record<string, unknown>[]
  assert.deepEqual(videos.map((video) => typeof video['video_url']).toSorted(), [
    'string',
    'string',
    'undefined',
  ])
  assert.deepEqual(
    asked.map((ids) => ids.length),
    [2],
  )
})

test('the ETag of a completed video changes before its link dies', async () => {
  const id = await create()
  api.complete(id)
  const etag = (await get(id)).headers.get('etag') ?? ''
  assert.equal((await get(id, { 'if-none-match': etag })).status, 304)
  api.clock.advance(1_800_000)
  assert.equal((await get(id, { 'if-none-match': etag })).status, 200)
})

test('clients that know four statuses see failed for error', async () => {
  const id = await create()
  const error = { code: 'output_lost', message: 'gone', type: 'gateway_error', param: null } as const
  api.store.change(id, { state: 'error', completedAtMs: api.clock.nowMs(), error })
  assert.equal((await get(id)).body['status'], 'error')
  const folded = await get(id, { 'x-stainless-lang': 'js' })
  assert.equal(folded.body['status'], 'failed')
  assert.deepEqual(folded.body['error'], error)
  assert.equal((await get(id, {}, api.addKey('proj_a', ['read'], 'openai'))).body['status'], 'failed')
})

test('missing, foreign, malformed and deleted ids are the same 404', async () => {
  const id = await create()
  const foreign = api.addKey('proj_b')
  const missing = await get('video_00000000000000000000000000')
  const bodies = [missing, await get(id, {}, foreign), await get('a%2Fb'), await get('video_1')]
  await send(api, 'DELETE', `/v1/videos/${id}`, { key })
  bodies.push(await get(id))
  for (const sent of bodies) {
    assert.equal(sent.status, 404)
    assert.deepEqual(sent.body, missing.body)
  }
  assert.equal(errorOf(missing).code, 'video_not_found')
})

test('HEAD answers headers only', async () => {
  const sent = await send(api, 'HEAD', `/v1/videos/${await create()}`, { key })
  assert.equal(sent.status, 200)
  assert.equal(sent.bytes.byteLength, 0)
  assert.match(sent.headers.get('etag') ?? '', /^W\//)
})

test('a young video is marked as seen once', async () => {
  const id = await create()
  await get(id)
  assert.ok(api.store.retrieved.has(id))
  api.store.retrieved.clear()
  await get(id)
  assert.equal(api.store.retrieved.size, 0)
  const old = await create()
  api.clock.advance(600_001)
  await get(old)
  assert.equal(api.store.retrieved.size, 0)
})

test('a retry of an unanswered create joins it; of an answered one it does not', async () => {
  const outgoing = new EventEmitter()
  const first = await create({ 'x-stainless-retry-count': '0' }, { outgoing })
  const retry = {
    body: { model: 'wan2.6', prompt: 'a cat' },
    key,
    headers: { 'x-stainless-retry-count': '1' },
  }
  const joined = await send(api, 'POST', '/v1/videos', retry)
  assert.equal(joined.body['id'], first)
  assert.equal(joined.headers.get('idempotent-replayed'), 'inferred')
  const again = new EventEmitter()
  const second = await create({ 'x-stainless-retry-count': '0' }, { outgoing: again })
  again.emit('finish')
  const own = await send(api, 'POST', '/v1/videos', retry)
  assert.notEqual(own.body['id'], second)
  assert.equal(own.headers.get('idempotent-replayed'), null)
})
