import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openPostgresStore } from '../../src/store/postgres/postgres-store.ts'
import type { Store } from '../../src/store/store.ts'
import { systemClock } from '../../src/system/clock.ts'
import { silentLog } from '../../src/system/log.ts'
import { TestClock } from '../../src/system/test-clock.ts'
import { startPostgres, type RealPostgres } from '../support/real-postgres.ts'
import { LiveSubject } from './live-subject.ts'
import { startLiveServer, type LiveServer } from './live-server.ts'
import { openStream } from './stream-client.ts'

let server: RealPostgres
let databases = 0

before(async () => {
  server = await startPostgres({ durable: false })
})

after(async () => {
  await server[Symbol.asyncDispose]()
})

type Pair = AsyncDisposable & {
  /** Where the test writes. */
  subject: LiveSubject
  /** Where clients listen: another process, as far as the database can tell. */
  there: LiveServer
  /** Of the listening one's server, for its looks and heartbeats. */
  clock: TestClock
}

/** Two replicas; with `silent`, neither tells the other of anything. */
async function openPair({ silent }: { silent: boolean }): Promise<Pair> {
  databases += 1
  const url = await server.createDatabase(`live_${databases}`)
  const clock = new TestClock(Date.now())
  const open = async (owner: string): Promise<Store> => {
    const named = silent ? {} : { owner }
    return (await openPostgresStore({ url, clock: systemClock, log: silentLog, ...named })).store
  }
  const here = await open('here')
  const listening = await open('there')
  const there = await startLiveServer({ store: listening, clock, recheckMs: 10_000 })
  return {
    subject: new LiveSubject(here),
    there,
    clock,
    [Symbol.asyncDispose]: async () => {
      await there.close()
      await here.close()
      await listening.close()
    },
  }
}

const statusOf = (data: unknown): string => (data as { status?: string }).status ?? ''

test('a change by one replica reaches the streams of another, in one read for all of them', async () => {
  await using pair = await openPair({ silent: false })
  const { subject, there } = pair
  const id = await subject.create()
  await subject.start(id)
  const streams = await Promise.all(
    Array.from({ length: 20 }, () => openStream(there.url, `/v1/videos/${id}/events`, { key: there.key })),
  )
  for (const { reader } of streams) while ((await reader.event())?.event !== 'video');
  const all = await openStream(there.url, '/v1/events', { key: there.key })
  await all.reader.next()
  await all.reader.next()
  // Whoever has only just begun to listen to the database may miss the first words: a later one comes all the same.
  const first = streams[0]!.reader.event()
  for (let progress = 1; progress < 50; progress += 1) {
    await subject.progress(id, progress)
    const isHeard = await Promise.race([first.then(() => true), systemClock.sleep(200).then(() => false)])
    if (isHeard) break
  }
  await first
  there.asked()
  await subject.complete(id)
  for (const { reader } of streams) {
    const events = await reader.rest()
    assert.equal(statusOf(events.at(-1)?.data), 'completed')
  }
  const asked = there.asked()
  assert.ok((asked['loadTasks'] ?? 0) <= 3, JSON.stringify(asked))
  assert.ok((asked['timeline'] ?? 0) <= 3, JSON.stringify(asked))
  for (;;) if (statusOf((await all.reader.event())?.data) === 'completed') break
  all.leave()
})

test('where no word gets through, one look for all of them finds what changed, and nothing else is read', async () => {
  await using pair = await openPair({ silent: true })
  const { subject, there, clock } = pair
  const ids: string[] = []
  for (let index = 0; index < 10; index += 1) ids.push(await subject.create())
  const streams = await Promise.all(
    ids.map((id) => openStream(there.url, `/v1/videos/${id}/events`, { key: there.key })),
  )
  for (const { reader } of streams) while ((await reader.event())?.event !== 'video');
  await subject.start(ids[3]!, { progress: 40 })
  there.asked()
  clock.advance(10_000)
  for (;;) if (statusOf((await streams[3]!.reader.event())?.data) === 'in_progress') break
  assert.deepEqual(there.asked(), { loadTasks: 1, taskMarks: 1, timeline: 1 })
  const held = fetch(`${there.url}/v1/videos/${ids[5]}`, {
    headers: { authorization: `Bearer ${there.key}`, prefer: 'wait=20' },
  })
  const all = await openStream(there.url, '/v1/events', { key: there.key })
  await all.reader.next()
  await all.reader.next()
  while (clock.sleeping < 3) await new Promise((resolve) => setImmediate(resolve))
  await subject.start(ids[5]!, { progress: 70 })
  clock.advance(10_000)
  assert.equal(((await (await held).json()) as { progress: number }).progress, 70)
  for (;;) if (((await all.reader.event())!.data as { id: string }).id === ids[5]) break
  for (const { leave } of [...streams, all]) leave()
  while (there.openStreams() > 0) await new Promise((resolve) => setImmediate(resolve))
})

test('a project stream that was away is told everything that changed meanwhile, deletions included', async () => {
  await using pair = await openPair({ silent: false })
  const { subject, there } = pair
  const gone = await subject.create()
  const away = await openStream(there.url, '/v1/events', { key: there.key })
  await away.reader.next()
  const place = (await away.reader.next())!.id
  away.leave()
  const ids = [gone]
  for (let index = 0; index < 120; index += 1) ids.push(await subject.create())
  const authorization = `Bearer ${there.key}`
  await fetch(`${there.url}/v1/videos/${gone}`, { method: 'DELETE', headers: { authorization } })
  const back = await openStream(there.url, '/v1/events', { key: there.key, lastEventId: place })
  const heard = new Map<string, string>()
  while (heard.size < ids.length || heard.get(gone) !== 'deleted') {
    const event = await back.reader.event()
    heard.set((event!.data as { id: string }).id, event!.event)
  }
  assert.deepEqual([...heard.keys()].toSorted(), ids.toSorted())
  back.leave()
})
