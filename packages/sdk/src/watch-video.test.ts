import assert from 'node:assert/strict'
import { test } from 'node:test'
import { json, task, type Handler, type SentRequest } from '../test/fake-fetch.ts'
import { drive } from '../test/manual-clock.ts'
import { testClient, type TestClient } from '../test/test-client.ts'
import { ReelayError } from './errors.ts'

const OURS = { 'reelay-version': '1.0.0', 'preference-applied': 'wait=20' }
const RUNNING = task({ status: 'in_progress', progress: 10 })
const COMPLETED = task({ status: 'completed', progress: 100, video_url: 'https://h/v.mp4' })

const video = (id: string, fields: Record<string, unknown>): string =>
  `event: video\nid: ${id}\ndata: ${JSON.stringify(task(fields))}\n\n`

const entry = (seq: number, type = 'poll.progress'): string =>
  `event: timeline\nid: ${seq}\ndata: ${JSON.stringify({ seq, at: 1, type, data: {} })}\n\n`

const END = video('9v9', { status: 'completed', progress: 100 })

type Ending = 'closes' | 'breaks' | 'hangs'

/** A stream of these frames, which then ends as told. */
function stream(text: string, ending: Ending = 'closes'): Response {
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode(`retry: 1000\n\n${text}`)),
    pull: (controller) => {
      if (ending === 'closes') controller.close()
      if (ending === 'breaks') controller.error(new TypeError('terminated'))
      return ending === 'hangs' ? new Promise(() => {}) : undefined
    },
  })
  return new Response(body, { headers: { ...OURS, 'content-type': 'text/event-stream' } })
}

const answering =
  (text: string, ending: Ending = 'closes') =>
  (): Response =>
    stream(text, ending)

const isStream = ({ headers }: SentRequest): boolean => headers.get('accept') === 'text/event-stream'

type Outcome = { seen: string[]; error: unknown; streams: (string | null)[]; looks: number }

/** Reads a loop of the client to its end against a scripted server, on a manual clock. */
async function outcome(
  handler: Handler,
  loop: (client: TestClient['client']) => AsyncIterable<{ status?: string; progress?: number; seq?: number }>,
): Promise<Outcome> {
  const { client, clock, fetch } = testClient(handler)
  const seen: string[] = []
  const read = async (): Promise<void> => {
    for await (const { status, progress, seq } of loop(client))
      seen.push(seq === undefined ? `${status} ${progress}` : String(seq))
  }
  const error: unknown = await drive(
    clock,
    read().catch((cause: unknown) => cause),
  )
  const streams = fetch.sent.filter(isStream).map(({ headers }) => headers.get('last-event-id'))
  assert.equal(clock.sleeping, 0)
  return { seen, error, streams, looks: fetch.sent.length - streams.length }
}

const watch = (client: TestClient['client']) => client.videos.watch('video_1')
const events = (client: TestClient['client']) => client.videos.events('video_1')

/** Answers looks with the object, and streams one after the other. */
const gateway = (look: Record<string, unknown>, ...streams: (() => Response)[]): Handler => {
  const left = [...streams]
  return (sent) => (isStream(sent) ? (left.shift() ?? (() => stream(END)))() : json(look, 200, OURS))
}

test('a video is watched by one look and one stream', async () => {
  const told = video('1v1', { status: 'queued' }) + video('2v2', { status: 'in_progress', progress: 5 }) + END
  const { seen, error, streams, looks } = await outcome(
    gateway(task(), () => stream(told)),
    watch,
  )
  assert.deepEqual(seen, ['queued 0', 'in_progress 5', 'completed 100'])
  assert.deepEqual([error, streams, looks], [undefined, [null], 1])
})

test('a stream that breaks is gone on with, from the last event', async () => {
  const first = answering(video('4v2', { status: 'in_progress', progress: 50 }), 'breaks')
  const second = answering(video('5v3', { status: 'in_progress', progress: 40 }) + END)
  const { seen, streams, looks } = await outcome(gateway(RUNNING, first, second), watch)
  assert.deepEqual(seen, ['in_progress 10', 'in_progress 50', 'completed 100'], 'progress never goes back')
  assert.deepEqual([streams, looks], [[null, '4v2'], 1])
})

test('a stream that falls silent is left, and gone on with', async () => {
  const silent = answering(video('4v2', { status: 'in_progress', progress: 50 }), 'hangs')
  const { seen, streams } = await outcome(gateway(RUNNING, silent), watch)
  assert.deepEqual(seen, ['in_progress 10', 'in_progress 50', 'completed 100'])
  assert.deepEqual(streams, [null, '4v2'])
})

test('where streams do not work, it looks instead', async () => {
  const failures: Record<string, () => Response> = {
    'an older gateway answers JSON': () => json({ object: 'list', data: [] }, 200, OURS),
    'too many streams': () => json({ error: { message: 'no', code: 'rate_limit_exceeded' } }, 429, OURS),
    'the stream ends before it says anything': () => stream(''),
    'a proxy in between': () => json({}, 502, {}),
  }
  for (const [name, answer] of Object.entries(failures)) {
    let looks = 0
    const handler: Handler = (sent) => {
      if (isStream(sent)) return answer()
      looks += 1
      return json(looks < 3 ? RUNNING : COMPLETED, 200, OURS)
    }
    const { seen, error } = await outcome(handler, watch)
    assert.deepEqual([seen, error], [['in_progress 10', 'completed 100'], undefined], name)
  }
})

test('another kind of server is never asked for a stream', async () => {
  let looks = 0
  const { seen, streams } = await outcome(() => {
    looks += 1
    return json(looks < 3 ? RUNNING : COMPLETED)
  }, watch)
  assert.deepEqual([seen, streams], [['in_progress 10', 'completed 100'], []])
})

test('an ended video is one look, a deleted one an error, and a refusal is told', async () => {
  const ended = await outcome(gateway(COMPLETED), watch)
  assert.deepEqual([ended.seen, ended.streams, ended.looks], [['completed 100'], [], 1])
  const gone = 'event: deleted\nid: 3\ndata: {"id":"video_1"}\n\n'
  const deleted = await outcome(
    gateway(RUNNING, () => stream(gone)),
    watch,
  )
  assert.ok(deleted.error instanceof ReelayError && deleted.error.code === 'not_found')
  assert.equal(deleted.error.videoId, 'video_1')
  const refused = await outcome(() => json({ error: { message: 'no key' } }, 401), watch)
  assert.ok(refused.error instanceof ReelayError && refused.error.code === 'unauthorized')
})

test('an abort ends it at once', async () => {
  const leaving = new AbortController()
  const { client } = testClient(gateway(RUNNING, () => stream('', 'hangs')))
  const read = async (): Promise<void> => {
    for await (const { progress } of client.videos.watch('video_1', { signal: leaving.signal })) {
      assert.equal(progress, 10)
      setImmediate(() => leaving.abort())
    }
  }
  await assert.rejects(read(), { code: 'aborted' })
})

test('a timeline is followed to the end of the video, each entry once', async () => {
  const first = answering(entry(1) + entry(2), 'breaks')
  const second = answering(entry(2) + entry(3) + END)
  const { seen, error, streams } = await outcome(gateway(RUNNING, first, second), events)
  assert.deepEqual([seen, error, streams], [['1', '2', '3'], undefined, [null, '2']])
})

test('without a stream the timeline is read again whenever the video shows something new', async () => {
  let looks = 0
  const handler: Handler = (sent) => {
    const entries = [1, 2, 3].map((seq) => ({ seq, at: 1, type: 'task.state', data: {} }))
    if (isStream(sent)) return json({ object: 'list', data: [] }, 200, OURS)
    if (sent.url.pathname.endsWith('/events'))
      return json({ object: 'list', data: entries.slice(0, looks) }, 200, OURS)
    looks += 1
    return json([task(), RUNNING, COMPLETED][looks - 1], 200, OURS)
  }
  const { seen, error } = await outcome(handler, events)
  assert.deepEqual([seen, error], [['1', '2', '3'], undefined])
})

test('after must be the seq of an entry', async () => {
  const { client } = testClient(() => json({}))
  await assert.rejects(client.videos.events('video_1', { after: -1 }).next(), { code: 'invalid_argument' })
})
