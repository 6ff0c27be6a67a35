import assert from 'node:assert/strict'
import { test } from 'node:test'
import { json, pending, refused, reset, task, type Handler } from '../test/fake-fetch.ts'
import { loopback } from '../test/loopback.ts'
import { drive } from '../test/manual-clock.ts'
import { testClient } from '../test/test-client.ts'
import { createClient } from './client.ts'
import { ReelayError, VideoFailedError } from './errors.ts'
import type { WaitOptions } from './wait.ts'

const HELD = { 'preference-applied': 'wait=20' }
const COMPLETED = task({ status: 'completed', progress: 100, video_url: 'https://h/v.mp4' })

type Outcome = {
  error: ReelayError | null
  requests: number
  gapsMs: number[]
  tookMs: number
  status: string | null
}

/** Waits for a video against a scripted server, on a manual clock. */
async function outcome(handler: Handler, options: WaitOptions = {}): Promise<Outcome> {
  const { client, clock, fetch } = testClient(handler)
  const startMs = clock.nowMs()
  const result = await drive(
    clock,
    client.videos.wait('video_1', options).catch((error: unknown) => error),
  )
  const times = fetch.sent.map(({ atMs }) => atMs)
  assert.ok(
    result instanceof ReelayError || (typeof result === 'object' && result !== null && 'status' in result),
  )
  return {
    error: result instanceof ReelayError ? result : null,
    requests: times.length,
    gapsMs: times.slice(1).map((atMs, index) => atMs - times[index]!),
    tookMs: clock.nowMs() - startMs,
    status: result instanceof ReelayError ? null : String(result.status),
  }
}

/** Answers each entry once, then completed. */
const script =
  (...answers: (() => Response | Promise<Response>)[]): Handler =>
  (_sent, index) =>
    (answers[index] ?? (() => json(COMPLETED)))()

const pendingWith = (headers: Record<string, string>) => (): Response => json(task(), 200, headers)

const at =
  (progress: unknown, status = 'in_progress') =>
  (): Response =>
    json(task({ status, progress }))

const bad = (): Response => json({}, 500)

const fail = (): void => {
  throw new RangeError('mine')
}

test('no answer whatsoever makes it ask more than twice a second', async () => {
  const answers: Record<string, () => Response | Promise<Response>> = {
    'a held answer that comes at once': () => json(task(), 200, HELD),
    'a status nobody knows': () => json(task({ status: 'warming' }), 200, HELD),
    'no status at all': () => json({ id: 'video_1' }),
    'poll at once, it says': () => json(task(), 200, { 'openai-poll-after-ms': '0', 'retry-after': '0' }),
    'a refusal of service': () => json({}, 429, { 'retry-after': '0' }),
    'a server error': () => json({}, 500),
    'a server error that calls itself final': () => json({ error: { code: 'invalid_request' } }, 500),
    'a page': () => new Response('<html></html>'),
    'an error with a 200': () => json({ error: { message: 'x' } }),
    'a redirect': () => new Response(null, { status: 301, headers: { location: '/' } }),
    'an empty body': () => new Response(null, { status: 200 }),
    'a closed port': () => Promise.reject(refused()),
    'a lost connection': () => Promise.reject(reset()),
  }
  for (const [name, answer] of Object.entries(answers)) {
    const { error, requests, gapsMs } = await outcome(answer, { timeoutMs: 50_000 })
    assert.equal(error?.code, 'timeout', name)
    assert.ok(Math.min(...gapsMs) >= 500, `${name}: ${Math.min(...gapsMs)} ms`)
    assert.ok(requests >= 3 && requests <= 101, `${name}: ${requests} requests`)
  }
})

test('no pause at all cannot be asked for', async () => {
  const { gapsMs } = await outcome(() => json(task()), { timeoutMs: 20_000, pollIntervalMs: 0 })
  assert.ok(gapsMs.length > 0 && Math.min(...gapsMs) >= 500)
  for (const pollIntervalMs of [-1, Number.NaN]) {
    const { error, requests } = await outcome(() => json(task()), { pollIntervalMs })
    assert.deepEqual([error?.code, error?.param, requests], ['invalid_argument', 'pollIntervalMs', 0])
  }
})

test('a server that holds answers is asked again at once, another at its own pace', async () => {
  const { gapsMs, status } = await outcome(
    script(
      pendingWith({ ...HELD, 'retry-after': '30' }),
      pendingWith({ 'openai-poll-after-ms': '1500', 'retry-after': '9' }),
      pendingWith({ 'retry-after': '9' }),
      pendingWith({ 'retry-after': '3600' }),
      pendingWith({}),
    ),
  )
  assert.equal(status, 'completed')
  assert.deepEqual(gapsMs, [500, 1500, 9000, 60_000, 5000])
})

test('the answer that was held for long is followed by the next request without a pause', async () => {
  const { client, clock, fetch } = testClient((_sent, index) => {
    clock.advance(20_000)
    return index === 0 ? json(task(), 200, HELD) : json(COMPLETED)
  })
  await drive(clock, client.videos.wait('video_1'))
  assert.equal(fetch.sent[1]!.atMs - fetch.sent[0]!.atMs, 20_000)
})

test('every look asks the server to hold the answer', async () => {
  const { client, clock, fetch } = testClient(script(() => json(task())))
  await drive(clock, client.videos.wait('video_1'))
  assert.deepEqual(
    fetch.sent.map(({ headers }) => headers.get('prefer')),
    ['wait=20', 'wait=20'],
  )
})

test('pollIntervalMs replaces the default pause only', async () => {
  const answers = script(
    () => json(task()),
    () => json(task(), 200, { 'retry-after': '2' }),
  )
  assert.deepEqual((await outcome(answers, { pollIntervalMs: 12_000 })).gapsMs, [12_000, 2000])
})

test('it resolves with each of the terminal statuses', async () => {
  for (const status of ['completed', 'failed', 'error']) {
    assert.equal((await outcome(() => json(task({ status })))).status, status)
  }
})

test('failures on the way are looked past, with growing pauses', async () => {
  const { status, gapsMs } = await outcome(
    script(
      () => Promise.reject(refused()),
      () => json({}, 502),
      () => new Response('<html>', { status: 524 }),
      () => json({}, 408),
      () => json({}, 503, { 'retry-after': '40' }),
    ),
  )
  assert.equal(status, 'completed')
  assert.deepEqual(gapsMs, [750, 1500, 3000, 6000, 40_000])
})

test('a good answer starts the pauses anew', async () => {
  const { gapsMs } = await outcome(script(bad, bad, () => json(task()), bad))
  assert.deepEqual(gapsMs, [750, 1500, 5000, 750])
})

test('a look that never gets an answer is given up and made again', async () => {
  const { client, clock, fetch } = testClient(script(pending), { timeoutMs: 10_000 })
  const video = await drive(clock, client.videos.wait('video_1'))
  assert.equal(video.status, 'completed')
  // The limit counts from when the server ends the 20 s for which it may hold the answer.
  assert.equal(fetch.sent[1]!.atMs - fetch.sent[0]!.atMs, 30_750)
})

test('refusals end the wait at once and name the video', async () => {
  for (const status of [400, 401, 403, 410, 422]) {
    const { error, requests } = await outcome(() => json({ error: { message: 'no' } }, status))
    assert.deepEqual([error?.status, error?.videoId, requests], [status, 'video_1', 1])
  }
})

test('"no such task" is not believed of a fresh task, on servers that say so', async () => {
  const notYet = json({ error: { message: 'task_not_exist', type: 'comet_api_error', code: '' } }, 400)
  const { status } = await outcome(
    script(
      () => notYet.clone(),
      () => json({ detail: 'not found' }, 404),
    ),
  )
  assert.equal(status, 'completed')
})

test('"no such task" is believed after a minute, or at once from a Reelay gateway', async () => {
  const slow = await outcome(() => json({}, 404))
  assert.equal(slow.error?.code, 'not_found')
  assert.ok(slow.tookMs >= 60_000 && slow.tookMs < 120_000, `${slow.tookMs} ms`)
  const sure = await outcome(() => json({}, 404, { 'reelay-version': '0.1.0' }))
  assert.deepEqual([sure.error?.code, sure.requests], ['not_found', 1])
})

test('a failed task with an error status is a state, not a failure to ask', async () => {
  const body = task({ status: 'failed', error: { code: 500, message: 'cuda' } })
  assert.deepEqual(await outcome(() => json(body, 500)), {
    error: null,
    requests: 1,
    gapsMs: [],
    tookMs: 0,
    status: 'failed',
  })
})

test('progress is reported when it changes, and never goes back', async () => {
  const seen: [string, number][] = []
  const onProgress: WaitOptions['onProgress'] = ({ status, progress }) => void seen.push([status, progress])
  await outcome(script(at(0, 'queued'), at('45%'), at(30), at(undefined), at(60)), { onProgress })
  assert.deepEqual(seen, [
    ['queued', 0],
    ['in_progress', 45],
    ['in_progress', 60],
    ['completed', 100],
  ])
})

test("an exception of onProgress is the caller's and ends the wait", async () => {
  const { client } = testClient(() => json(task()))
  await assert.rejects(client.videos.wait('video_1', { onProgress: fail }), RangeError)
})

test('the time limit ends the wait, in a pause and in a request', async () => {
  const inPause = await outcome(() => json(task()), { timeoutMs: 7000 })
  assert.deepEqual(
    [inPause.error?.code, inPause.error?.videoId, inPause.tookMs],
    ['timeout', 'video_1', 7000],
  )
  const inRequest = await outcome(pending, { timeoutMs: 7000 })
  assert.deepEqual([inRequest.error?.code, inRequest.requests, inRequest.tookMs], ['timeout', 1, 7000])
  assert.match(inRequest.error?.message ?? '', /did not end within 7000 ms: it goes on/)
})

test('an abort ends the wait in a pause and leaves no timer behind', async () => {
  const controller = new AbortController()
  const { client, clock, fetch } = testClient(() => json(task()))
  const work = client.videos.wait('video_1', { signal: controller.signal })
  await clock.untilSleeperWithin(5000)
  controller.abort('left')
  await assert.rejects(work, { code: 'aborted', name: 'AbortError', cause: 'left', videoId: 'video_1' })
  assert.deepEqual([fetch.sent.length, clock.sleeping], [1, 0])
})

test(
  'an abort ends the wait in the middle of a held request, on a real connection',
  { timeout: 10_000 },
  async () => {
    const asked = Promise.withResolvers<void>()
    const gone = Promise.withResolvers<void>()
    await using server = await loopback((request) => {
      asked.resolve()
      request.on('close', () => gone.resolve())
    })
    const controller = new AbortController()
    const client = createClient({ baseURL: server.baseURL })
    const work = client.videos.wait('video_1', { signal: controller.signal })
    await asked.promise
    controller.abort()
    await assert.rejects(work, { code: 'aborted' })
    await gone.promise
  },
)

test('a clock that is set back does not stretch the pause', async () => {
  const { client, clock, fetch } = testClient((_sent, index) => {
    if (index === 0) clock.jumpBack(3_600_000)
    return index === 0 ? json(task(), 200, HELD) : json(COMPLETED)
  })
  const started = clock.nowMs()
  await drive(clock, client.videos.wait('video_1'))
  assert.equal(fetch.sent[1]!.atMs - (started - 3_600_000), 500)
})

test('createAndWait: the first look keeps the gap, progress begins with the created task', async () => {
  const seen: string[] = []
  const { client, clock, fetch } = testClient(script(() => json(task())))
  const video = await drive(
    clock,
    client.videos.createAndWait({ prompt: 'a' }, { onProgress: ({ status }) => void seen.push(status) }),
  )
  assert.equal(video.status, 'completed')
  assert.deepEqual(seen, ['queued', 'completed'])
  assert.deepEqual(
    fetch.sent.map(({ method, url }) => `${method} ${url.pathname}`),
    ['POST /v1/videos', 'GET /v1/videos/video_1'],
  )
  assert.equal(fetch.sent[1]!.atMs - fetch.sent[0]!.atMs, 500)
})

test('createAndWait: a task that is born completed needs no look', async () => {
  const { client, fetch } = testClient(() => json(COMPLETED))
  assert.equal((await client.videos.createAndWait({ prompt: 'a' })).progress, 100)
  assert.equal(fetch.sent.length, 1)
})

test('createAndWait throws unless completed, and the error carries the video', async () => {
  for (const status of ['failed', 'error']) {
    const ended = task({
      status,
      error: { code: 'moderation_blocked', message: 'blocked', type: 'provider_error' },
    })
    const { client, clock } = testClient((_sent, index) => json(index === 0 ? task() : ended))
    const error: unknown = await drive(clock, client.videos.createAndWait({ prompt: 'a' })).catch(
      (cause: unknown) => cause,
    )
    assert.ok(error instanceof VideoFailedError && error instanceof ReelayError)
    assert.deepEqual(
      [error.code, error.serverCode, error.video.status, error.videoId],
      ['video_failed', 'moderation_blocked', status, 'video_1'],
    )
    assert.equal(error.message, `Video video_1 ended as ${status}: blocked`)
  }
})

test('an empty id is refused before anything is sent', async () => {
  const { client, fetch } = testClient(() => json(task()))
  for (const id of ['', '.', '..']) {
    await assert.rejects(client.videos.wait(id), { code: 'invalid_argument' })
    await assert.rejects(client.videos.delete(id), { code: 'invalid_argument' })
  }
  assert.equal(fetch.sent.length, 0)
})
