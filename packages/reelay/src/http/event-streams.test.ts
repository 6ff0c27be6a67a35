import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import type { HttpDeps } from './deps.ts'
import { startTestApp, type TestApp } from './test-deps.ts'
import { EventReader, type ReadEvent } from './test-event-reader.ts'
import { errorOf, send } from './test-request.ts'

let api: TestApp
let key: string

const start = async (more: Partial<HttpDeps> = {}): Promise<void> => {
  await api?.close()
  api = startTestApp({}, more)
  key = api.addKey('proj_a')
}

beforeEach(() => start())
afterEach(() => api.close())

async function create(owner = key): Promise<string> {
  const sent = await send(api, 'POST', '/v1/videos', {
    body: { model: 'wan2.6', prompt: 'a cat' },
    key: owner,
  })
  return String(sent.body['id'])
}

async function open(path: string, lastEventId?: string, method = 'GET'): Promise<Response> {
  const headers: Record<string, string> = { authorization: `Bearer ${key}`, accept: 'text/event-stream' }
  if (lastEventId !== undefined) headers['last-event-id'] = lastEventId
  return api.app.fetch(new Request(`http://127.0.0.1${path}`, { method, headers }))
}

const follow = async (id: string, lastEventId?: string): Promise<EventReader> =>
  new EventReader(await open(`/v1/videos/${id}/events`, lastEventId))

const kinds = (events: readonly ReadEvent[]): string[] =>
  events.map(({ event, id, data }) => {
    const { type, status } = data as { type?: string; status?: string }
    return `${id} ${event} ${type ?? status ?? 'deleted'}`
  })

const statusOf = (event: ReadEvent | undefined): unknown =>
  (event?.data as { status?: string } | undefined)?.status

test('a stream tells the timeline so far, the video, and then what happens, and ends after it', async () => {
  const id = await create()
  api.store.note(id, 'submit.started')
  const response = await open(`/v1/videos/${id}/events`)
  assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/)
  assert.match(response.headers.get('vary') ?? '', /accept/)
  const reader = new EventReader(response)
  assert.deepEqual(kinds(await reader.take(2)), ['1 timeline submit.started', '1v1 video queued'])
  api.store.note(id, 'submit.accepted')
  api.store.change(id, { state: 'running', progress: 40 })
  assert.deepEqual(kinds(await reader.take(2)), ['2 timeline submit.accepted', '2v2 video in_progress'])
  api.complete(id)
  const last = await reader.rest()
  assert.deepEqual(kinds(last), ['2v3 video completed'])
  assert.match((last[0]!.data as { video_url: string }).video_url, /content\?exp=/)
  assert.deepEqual([api.store.listeners, api.clock.sleeping], [0, 0])
})

test('Last-Event-ID goes on behind that event, and at the very end is 204', async () => {
  const id = await create()
  for (const kind of ['submit.started', 'submit.accepted', 'archive.stored'] as const)
    api.store.note(id, kind)
  const resumed = await follow(id, '2')
  assert.deepEqual(kinds(await resumed.take(2)), ['3 timeline archive.stored', '3v1 video queued'])
  await resumed.close()
  const knows = await follow(id, '3v1')
  api.complete(id)
  assert.deepEqual(kinds(await knows.rest()), ['3v2 video completed'])
  assert.deepEqual(kinds(await (await follow(id, '3v1')).rest()), ['3v2 video completed'])
  assert.equal((await open(`/v1/videos/${id}/events`, '3v2')).status, 204)
  api.store.note(id, 'webhook.delivered')
  const later = await (await follow(id, '3v2')).rest()
  assert.deepEqual(kinds(later), ['4 timeline webhook.delivered'])
  assert.equal(api.store.listeners, 0)
})

test('a long timeline comes in pages, to its end', async () => {
  const id = await create()
  for (let index = 0; index < 230; index += 1) api.store.note(id, 'poll.progress')
  api.complete(id)
  const events = await (await follow(id)).rest()
  assert.equal(events.length, 231)
  assert.deepEqual(
    events.slice(0, 230).map((event) => Number(event.id)),
    Array.from({ length: 230 }, (_, index) => index + 1),
  )
})

test('a heartbeat comes every 15 seconds of the clock, and only then', async () => {
  const id = await create()
  const reader = await follow(id)
  assert.equal((await reader.next())?.comment, '')
  assert.equal((await reader.next())?.event, 'video')
  const beat = reader.next()
  await api.clock.untilSleeping()
  api.clock.advance(14_999)
  assert.equal(await Promise.race([beat, Promise.resolve('nothing yet')]), 'nothing yet')
  api.clock.advance(1)
  assert.equal((await beat)?.comment, 'still here')
  await reader.close()
  assert.equal(api.clock.sleeping, 0, 'no heartbeat without a stream')
})

test('a client that does not read costs one view: it skips what was overtaken', async () => {
  const id = await create()
  const reader = await follow(id)
  await reader.next()
  for (let progress = 1; progress <= 90; progress += 1) {
    api.store.change(id, { state: 'running', progress })
    await Promise.resolve()
  }
  api.complete(id)
  const events = await reader.rest()
  assert.ok(events.length <= 2, `${events.length} events`)
  assert.equal(statusOf(events.at(-1)), 'completed')
})

test('one change is read once, however many watch it, and nothing is read without one', async () => {
  await start()
  const id = await create()
  const readers = await Promise.all([follow(id), follow(id), follow(id)])
  for (const reader of readers) await reader.event()
  const held = [1, 2, 3].map(() =>
    send(api, 'GET', `/v1/videos/${id}`, { key, headers: { prefer: 'wait=25' } }),
  )
  await api.clock.untilSleeping()
  while (api.clock.sleeping < 4) await Promise.resolve()
  assert.deepEqual(api.store.looks, [])
  api.store.change(id, { state: 'running', progress: 7 })
  for (const reader of readers) assert.equal(statusOf(await reader.event()), 'in_progress')
  for (const { body } of await Promise.all(held)) assert.equal(body['progress'], 7)
  assert.deepEqual(api.store.looks, [[id]])
  for (const reader of readers) await reader.close()
  assert.equal(api.store.listeners, 0)
})

test('a deleted video is told so, and its stream ends', async () => {
  const id = await create()
  const reader = await follow(id)
  await reader.event()
  await send(api, 'DELETE', `/v1/videos/${id}`, { key })
  assert.deepEqual(kinds(await reader.rest()), ['0 deleted deleted'])
  assert.equal((await open(`/v1/videos/${id}/events`, '0')).status, 404)
})

test('a project has so many streams and no more, and a closed one makes room', async () => {
  const id = await create()
  const readers = await Promise.all([follow(id), follow(id), follow(id)])
  const headers = { accept: 'text/event-stream' }
  const refused = await send(api, 'GET', '/v1/events', { key, headers })
  assert.equal(refused.status, 429)
  assert.equal(errorOf(refused).code, 'rate_limit_exceeded')
  assert.match(errorOf(refused).message, /3 event streams/)
  assert.ok(Number(refused.headers.get('retry-after')) > 0)
  assert.equal((await open(`/v1/videos/${id}/events`)).status, 429)
  const foreign = await send(api, 'GET', `/v1/videos/${id}/events`, { key: api.addKey('proj_b') })
  assert.equal(foreign.status, 404)
  await readers[0].close()
  const again = await follow(id)
  assert.equal(statusOf(await again.event()), 'queued')
  for (const reader of [again, ...readers.slice(1)]) await reader.close()
})

test('HEAD opens no stream', async () => {
  const id = await create()
  for (const path of [`/v1/videos/${id}/events`, '/v1/events']) {
    const response = await open(path, undefined, 'HEAD')
    assert.deepEqual([response.status, response.body], [200, null])
    assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/)
  }
  assert.equal(api.store.listeners, 0)
})

test('streams end when the process stops, and after a quarter of an hour', async () => {
  const id = await create()
  const aged = await follow(id)
  await aged.event()
  for (let beats = 0; beats < 60; beats += 1) {
    api.clock.advance(15_000)
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.deepEqual(await aged.rest(), [])
  const stopped = await follow(id)
  const all = new EventReader(await open('/v1/events'))
  await stopped.event()
  api.stop()
  assert.deepEqual([await stopped.rest(), await all.rest()], [[], []])
  assert.deepEqual([api.store.listeners, api.clock.sleeping], [0, 0])
})

test('a store that cannot be asked ends a stream, which can be gone on with', async () => {
  const id = await create()
  const reader = await follow(id)
  const all = new EventReader(await open('/v1/events'))
  const first = await reader.event()
  api.store.failure = new Error('the disk is gone')
  api.store.change(id, { progress: 3, state: 'running' })
  assert.deepEqual([await reader.rest(), await all.rest()], [[], []])
  api.store.failure = null
  const again = await follow(id, first?.id)
  assert.equal(statusOf(await again.event()), 'in_progress')
  await again.close()
})

test('a video whose record is removed ends its stream, and is then no more', async () => {
  const id = await create()
  const reader = await follow(id)
  await reader.event()
  api.store.tasks.delete(id)
  api.store.note(id, 'task.state')
  assert.deepEqual(await reader.rest(), [])
  assert.equal((await open(`/v1/videos/${id}/events`)).status, 404)
})

test('an id that is none of a stream is refused', async () => {
  const id = await create()
  for (const path of [`/v1/videos/${id}/events`, '/v1/events']) {
    const headers = { 'last-event-id': 'video_x', accept: 'text/event-stream' }
    const sent = await send(api, 'GET', path, { key, headers })
    assert.equal(sent.status, 400)
    assert.equal(errorOf(sent).param, 'Last-Event-ID')
  }
})

test('JSON stays the answer to everybody who does not ask for events', async () => {
  const id = await create()
  api.store.note(id, 'submit.started')
  for (const accept of ['*/*', 'application/json', 'text/event-stream;q=0']) {
    const { body } = await send(api, 'GET', `/v1/videos/${id}/events`, { key, headers: { accept } })
    assert.equal((body['data'] as unknown[]).length, 1, accept)
    const refused = await send(api, 'GET', '/v1/events', { key, headers: { accept } })
    assert.deepEqual([refused.status, errorOf(refused).param], [400, 'Accept'])
  }
})

test('the stream of a project tells its own videos, and goes on where it was', async () => {
  const reader = new EventReader(await open('/v1/events'))
  assert.equal((await reader.next())?.data, undefined)
  const place = (await reader.next())?.id
  assert.match(place ?? '', /^\d{13}$/)
  const other = await create(api.addKey('default'))
  const id = await create()
  api.store.change(id, { state: 'running', progress: 1 })
  const seen = await reader.take(2)
  assert.deepEqual(
    seen.map((event) => [(event.data as { id: string }).id, statusOf(event)]),
    [
      [id, 'queued'],
      [id, 'in_progress'],
    ],
  )
  await reader.close()
  api.clock.advance(60_000)
  await send(api, 'DELETE', `/v1/videos/${await create()}`, { key })
  api.complete(id)
  const resumed = new EventReader(await open('/v1/events', place))
  const events = await resumed.take(2)
  assert.deepEqual(events.map(({ event }) => event).toSorted(), ['deleted', 'video'])
  assert.ok(!JSON.stringify(events).includes(other))
  await resumed.close()
  assert.equal(api.store.listeners, 0)
})

test('a project stream that is too far behind catches up by pages, with the newest state of each', async () => {
  const reader = new EventReader(await open('/v1/events'))
  await reader.next()
  const ids: string[] = []
  for (let index = 0; index < 300; index += 1) {
    ids.push(await create())
    api.clock.advance(10)
  }
  for (const id of ids) api.store.change(id, { state: 'running', progress: 5 })
  const newest = new Map<string, number>()
  while (newest.size < 300 || [...newest.values()].some((progress) => progress !== 5)) {
    const event = await reader.event()
    const { id, progress } = event!.data as { id: string; progress: number }
    newest.set(id, progress)
  }
  assert.deepEqual([...newest.keys()].toSorted(), ids.toSorted())
  await reader.close()
})

test('changes that nobody told of are found by one look for all tasks', async () => {
  await start({ recheckMs: 10_000 })
  const ids = [await create(), await create(), await create()]
  const readers = await Promise.all(ids.map((id) => follow(id)))
  for (const reader of readers) await reader.event()
  const silent = api.store.tasks.get(ids[1]!)!
  api.store.tasks.set(ids[1]!, { ...silent, state: 'running', progress: 9, version: silent.version + 1 })
  api.clock.advance(10_000)
  assert.equal(statusOf(await readers[1]!.event()), 'in_progress')
  assert.deepEqual(api.store.looks, [[ids[1]]])
  for (const reader of readers) await reader.close()
  assert.equal(api.clock.sleeping, 0)
})
