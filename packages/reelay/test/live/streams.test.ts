import assert from 'node:assert/strict'
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createClient } from '@reelay/sdk'
import { runProgram } from '../../src/cli/program.ts'
import { testIo } from '../../src/cli/test-io.ts'
import type { Store } from '../../src/store/store.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { systemClock } from '../../src/system/clock.ts'
import { TestClock } from '../../src/system/test-clock.ts'
import { LiveSubject } from './live-subject.ts'
import { startLiveServer, type LiveServer } from './live-server.ts'
import { openStream } from './stream-client.ts'

const CLIENTS = 500
/** Far above what is measured: a stream that keeps a queue or a copy of its own is found, noise is not. */
const BYTES_PER_CLIENT_MAX = 200_000

/** Only for heartbeats and limits: the store has the system's. */
const clock = new TestClock(Date.now())

let directory: string
let store: Store
let server: LiveServer
let subject: LiveSubject

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'reelay-live-'))
  store = await openSqliteStore({ path: join(directory, 'reelay.db'), clock: systemClock })
  server = await startLiveServer({ store, clock, scopes: ['create', 'read', 'admin'] })
  subject = new LiveSubject(store)
})

after(async () => {
  await server.close()
  await store.close()
  await rm(directory, { recursive: true, force: true })
})

const collectGarbage = (): void => {
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
}

function bytesHeld(): number {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

const client = () => createClient({ baseURL: server.url, apiKey: server.key })

/** Resolves with the first such message; rejects when the process ends before it. */
function until(child: ChildProcess, holds: (message: unknown) => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error('the clients ended')))
    child.on('message', (message) => {
      if (holds(message)) resolve()
    })
  })
}

/** A turn of the event loop at a time, as often as it takes; the test's own time limit ends it. */
async function untilTrue(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve))
}

test(`${CLIENTS} streams: nothing is read while nothing changes, a change is read once, and all is freed`, async (t) => {
  const id = await subject.create()
  await subject.start(id)
  const main = fileURLToPath(new URL('many-clients.ts', import.meta.url))
  const paths = Array.from({ length: CLIENTS }, () => `/v1/videos/${id}/events`)
  const child = fork(main, [server.url, server.key, ...paths])
  collectGarbage()
  const bytesBefore = bytesHeld()
  const rssBefore = process.memoryUsage.rss()
  child.send('open')
  await until(child, (message) => message === 'opened')
  collectGarbage()
  const perClient = Math.round((bytesHeld() - bytesBefore) / CLIENTS)
  const rss = Math.round((process.memoryUsage.rss() - rssBefore) / CLIENTS)
  t.diagnostic(`${perClient} bytes of heap and buffers for each client, ${rss} of RSS`)
  assert.ok(perClient < BYTES_PER_CLIENT_MAX, `${perClient} bytes for each client`)
  const all = await openStream(server.url, '/v1/events', { key: server.key })
  await all.reader.next()
  await all.reader.next()
  assert.equal(server.openStreams(), CLIENTS + 1)
  server.asked()
  for (let beats = 0; beats < 4; beats += 1) {
    clock.advance(15_000)
    assert.equal((await all.reader.next())?.comment, 'still here')
  }
  assert.deepEqual(server.asked(), {})
  await subject.progress(id, 31)
  await until(child, (message) => (message as { events?: number }).events! >= 2 * CLIENTS)
  assert.equal((await all.reader.event())?.event, 'video')
  const asked = server.asked()
  t.diagnostic(`reads for one change: ${JSON.stringify(asked)}`)
  assert.deepEqual(asked, { loadTasks: 1, timeline: 1 })
  const exited = once(child, 'exit')
  child.send('leave')
  all.leave()
  await untilTrue(() => server.openStreams() === 0)
  await exited
})

test('a client that reads nothing costs a bounded buffer, and is still told the end', async () => {
  const id = await subject.create()
  const slow = await openStream(server.url, `/v1/videos/${id}/events`, { key: server.key })
  slow.response.pause()
  await subject.start(id)
  collectGarbage()
  const bytesBefore = bytesHeld()
  for (let progress = 1; progress < 99; progress += 1)
    await subject.progress(id, progress, 'x'.repeat(20_000))
  collectGarbage()
  const grown = bytesHeld() - bytesBefore
  assert.ok(grown < 8_000_000, `${grown} bytes`)
  await subject.complete(id)
  slow.response.resume()
  const events = await slow.reader.rest()
  const last = events.at(-1)?.data as { status: string } | undefined
  assert.equal(last?.status, 'completed')
  const seqs = events.filter(({ event }) => event === 'timeline').map(({ id: seq }) => Number(seq))
  assert.deepEqual(
    seqs,
    Array.from({ length: seqs.length }, (_, index) => index + 1),
  )
  assert.equal(server.openStreams(), 0)
})

test('the client package watches a video to its end, with one stream', async () => {
  const id = await subject.create()
  server.asked()
  const seen: string[] = []
  for await (const video of client().videos.watch(id)) {
    seen.push(`${video.status} ${video.progress}`)
    if (seen.length === 1) await subject.start(id, { progress: 10 })
    if (video.progress === 10 && video.status === 'in_progress') await subject.progress(id, 60)
    if (video.progress === 60) await subject.complete(id)
  }
  assert.deepEqual([seen[0], seen.at(-1)], ['queued 0', 'completed 100'])
  assert.ok(seen.includes('in_progress 60'))
  assert.ok((server.asked()['findTask'] ?? 0) <= 3, 'it looks once and then listens')
  await untilTrue(() => server.openStreams() === 0)
})

test('the client package follows a timeline, each entry once, and ends with the video', async () => {
  const id = await subject.create()
  const seqs: number[] = []
  for await (const { seq } of client().videos.events(id)) {
    seqs.push(seq)
    if (seqs.length === 1) {
      await subject.start(id)
      await subject.complete(id)
    }
  }
  const whole = await client().videos.timeline(id)
  assert.deepEqual(
    seqs,
    whole.map(({ seq }) => seq),
  )
  const rest: number[] = []
  for await (const { seq } of client().videos.events(id, { after: 2 })) rest.push(seq)
  assert.deepEqual(rest, seqs.slice(2))
})

test('leaving the loop lets go of the stream', async () => {
  const id = await subject.create()
  for await (const entry of client().videos.events(id)) {
    assert.equal(entry.type, 'task.created')
    assert.equal(server.openStreams(), 1)
    break
  }
  await untilTrue(() => server.openStreams() === 0)
})

test('reelay events --follow prints each entry as it comes, and reelay watch the changes', async () => {
  const id = await subject.create()
  const events = testIo({ url: server.url, env: { REELAY_API_KEY: server.key } })
  const watch = testIo({ url: server.url, env: { REELAY_API_KEY: server.key } })
  const running = [
    runProgram(['events', id, '--follow', '--json'], events),
    runProgram(['watch', id, '--json'], watch),
  ]
  await untilTrue(() => server.openStreams() === 2)
  await subject.start(id, { progress: 20 })
  await subject.complete(id)
  assert.deepEqual(await Promise.all(running), [0, 0])
  const lines = events.stdout.text.trim().split('\n')
  assert.equal(lines.length, (await store.timeline(id)).length)
  assert.match(watch.stdout.text, /"status":"completed"/)
})

test('an administrator reads the callbacks of a video as they came, page by page', async () => {
  const id = await subject.create()
  await subject.start(id)
  const bytes = Buffer.from([0xff, 0, 1])
  await subject.callback(id, Buffer.from('{"a":"ü"}'), 'trusted')
  await subject.callback(id, bytes, 'forged')
  await subject.callback(id, Buffer.alloc(3_000_000, 0x61), 'unsigned')
  await subject.callback(id, Buffer.alloc(3_000_000, 0x62), 'unsigned')
  const first = await client().videos.callbacks(id)
  assert.deepEqual(
    first.data.map(({ verdict, encoding, bytes: length }) => [verdict, encoding, length]),
    [
      ['trusted', 'utf-8', 10],
      ['forged', 'base64', 3],
      ['unsigned', 'utf-8', 3_000_000],
    ],
  )
  assert.deepEqual(first.data[0]!.headers, { 'x-from': 'a provider' })
  assert.equal(first.data[0]!.body, '{"a":"ü"}')
  assert.equal(first.data[1]!.body, bytes.toString('base64'))
  assert.equal(first.has_more, true)
  const second = await client().videos.callbacks(id, { after: first.last_id! })
  assert.deepEqual([second.data.length, second.has_more], [1, false])
  await assert.rejects(client().videos.callbacks(id, { after: 'nothing' }), /last_id/)
  await assert.rejects(client().videos.callbacks('video_00000000000000000000000000'), { code: 'not_found' })
})
