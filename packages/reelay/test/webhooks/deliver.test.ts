import assert from 'node:assert/strict'
import { test } from 'node:test'
import { verifyLink } from '../../src/http/signed-link.ts'
import { TransferFailed } from '../../src/net/transfer-failed.ts'
import type { Task } from '../../src/task/task.ts'
import { parseRetrySchedule, STANDARD_SCHEDULE } from '../../src/webhooks/retry-schedule.ts'
import { DeliveryHarness, LINK_KEYS, verified } from './delivery-harness.ts'
import type { SentRequest } from './scripted-receivers.ts'

const HOUR_MS = 3_600_000
const SCHEDULE = parseRetrySchedule(STANDARD_SCHEDULE)!

/** The pauses between requests. */
const pausesOf = (requests: readonly SentRequest[]): number[] =>
  requests.slice(1).map(({ atMs }, index) => atMs - requests[index]!.atMs)

function assertLinkOpens({ body, atMs }: SentRequest, { id }: Task): void {
  const { result } = JSON.parse(body) as { result: { video_url: string } }
  const { searchParams } = new URL(result.video_url)
  const given = { exp: searchParams.get('exp'), sig: searchParams.get('sig') }
  verifyLink(LINK_KEYS, { subject: { kind: 'content', id, variant: 'video' }, ...given, nowMs: atMs })
}

test('an event is sent at once, signed, and then never again', async () => {
  await using h = await DeliveryHarness.open()
  const endpoint = await h.endpoint('ep')
  const task = await h.complete()
  await h.untilOver()
  await h.pass(7 * 24 * HOUR_MS)
  const [request, ...others] = h.receivers.requests
  assert.deepEqual([request?.url, others.length], [endpoint.url, 0])
  assert.partialDeepStrictEqual(verified(request!, endpoint.secret), {
    task_id: task.id,
    status: 'completed',
  })
  assert.partialDeepStrictEqual(request?.headers, {
    'content-type': 'application/json',
    'user-agent': 'reelay/test',
  })
  assertLinkOpens(request!, task)
  const delivery = await h.deliveryOf(task)
  assert.equal(delivery.state, 'delivered')
  const [attempt] = await h.attempts(delivery)
  assert.partialDeepStrictEqual(attempt, { status: 204, error: null, responseBody: 'answered 204' })
})

test('a receiver that is down for good: ten attempts over three days, one event, each signed anew, each link fresh', async () => {
  await using h = await DeliveryHarness.open({ linkTtlMs: HOUR_MS })
  const endpoint = await h.endpoint('ep')
  h.receivers.at(endpoint.url, 503)
  const task = await h.complete()
  await h.untilOver()
  const requests = h.receivers.to(endpoint.url)
  assert.equal(requests.length, 10)
  assert.deepEqual(pausesOf(requests), SCHEDULE.slice(1))
  const events = requests.map((request) => verified(request, endpoint.secret))
  assert.equal(new Set(events.map((event) => event['id'])).size, 1)
  assert.equal(new Set(requests.map(({ headers }) => headers['webhook-timestamp'])).size, 10)
  assert.equal(new Set(requests.map(({ headers }) => headers['webhook-signature'])).size, 10)
  for (const request of requests) assertLinkOpens(request, task)
  assert.throws(() => assertLinkOpens({ ...requests[0]!, atMs: requests[4]!.atMs }, task), /expired/)
  const delivery = await h.deliveryOf(task)
  assert.partialDeepStrictEqual(delivery, { state: 'exhausted', attempts: 10, step: 10 })
  assert.deepEqual(
    (await h.attempts(delivery)).map(({ n, status }) => [n, status]),
    requests.map((_request, index) => [index + 1, 503]),
  )
  const timeline = await h.subject.kinds(task.id)
  assert.equal(timeline.filter((kind) => kind === 'webhook.failed').length, 9)
  assert.equal(timeline.at(-1), 'webhook.exhausted')
  await h.pass(7 * 24 * HOUR_MS)
  assert.equal(h.receivers.to(endpoint.url).length, 10)
})

test('a receiver that comes back is told by the next attempt', async () => {
  await using h = await DeliveryHarness.open()
  const endpoint = await h.endpoint('ep')
  const lost = new TransferFailed('reset', false, 'The connection was lost.')
  h.receivers.at(endpoint.url, (_request, call) => [lost, 500, 302, 404][call - 1] ?? 200)
  const task = await h.complete()
  await h.untilOver()
  const delivery = await h.deliveryOf(task)
  assert.partialDeepStrictEqual(delivery, { state: 'delivered', attempts: 5 })
  const attempts = await h.attempts(delivery)
  assert.deepEqual(
    attempts.map(({ status }) => status),
    [null, 500, 302, 404, 200],
  )
  assert.match(attempts[0]?.error ?? '', /connection was lost/)
  assert.match(attempts[2]?.error ?? '', /not followed/)
})

test('jitter: attempts of many tasks that failed together do not come back together', async () => {
  const numbers = [0, 0.25, 0.5, 0.75, 0.999]
  let next = 0
  const random = () => numbers[next++ % numbers.length]!
  await using h = await DeliveryHarness.open({ random })
  const urls = ['a', 'b', 'c', 'd', 'e'].map((name) => `https://${name}.test/hook`)
  for (const url of urls) h.receivers.at(url, (_request, call) => (call < 3 ? 500 : 204))
  await Promise.all(urls.map((url, index) => h.endpoint(`ep_${index}`, { url })))
  await h.complete()
  await h.untilOver()
  const seconds = urls.map((url) => pausesOf(h.receivers.to(url))[1] ?? 0)
  assert.equal(new Set(seconds).size, 5)
  for (const pauseMs of seconds) assert.ok(pauseMs >= 240_000 && pauseMs <= 360_000, String(pauseMs))
})

test('Retry-After: seconds and a date are kept, an absurd one is cut', async () => {
  await using h = await DeliveryHarness.open()
  const { url } = await h.endpoint('ep')
  const replies = [
    () => '120',
    () => new Date(h.clock.nowMs() + 20 * 60_000).toUTCString(),
    () => '999999999',
    () => 'Wed, 21 Oct 2015 07:28:00 GMT',
  ]
  h.receivers.at(url, (_request, call) => {
    const reply = replies[call - 1]
    return reply === undefined ? 204 : { status: 429, headers: { 'retry-after': reply() } }
  })
  await h.complete()
  await h.untilOver()
  const pauses = pausesOf(h.receivers.to(url))
  assert.deepEqual([pauses[0], pauses[2], pauses[3]], [120_000, HOUR_MS, 2 * HOUR_MS])
  assert.ok(Math.abs(pauses[1]! - 20 * 60_000) <= 1_000, String(pauses[1]))
})

test('410 disables the endpoint: what waits for it is cancelled, another endpoint goes on', async () => {
  await using h = await DeliveryHarness.open()
  const [gone, other] = [await h.endpoint('ep_gone'), await h.endpoint('ep_other')]
  h.receivers.at(gone.url, (_request, call) => (call === 1 ? 500 : 410))
  const first = await h.complete()
  await h.until(() => h.receivers.to(gone.url).length === 1, 'the first attempt')
  h.clock.advance(1_000)
  const second = await h.complete()
  await h.untilOver()
  const later = await h.complete()
  await h.untilOver()
  await h.pass(24 * HOUR_MS)
  assert.equal(h.receivers.to(gone.url).length, 2)
  assert.equal(h.receivers.to(other.url).length, 3)
  const stored = await h.subject.store.webhooks.findEndpoint('default', 'ep_gone')
  assert.equal(stored?.disabledReason, 'gone')
  const states = (await h.subject.rows())
    .filter(({ endpointId }) => endpointId === 'ep_gone')
    .map(({ taskId, state }) => `${taskId} ${state}`)
  assert.deepEqual(
    states.toSorted(),
    [first, second].map(({ id }) => `${id} cancelled`),
  )
  assert.equal(
    states.some((line) => line.startsWith(later.id)),
    false,
  )
})

test('410 of a callback ends that delivery only', async () => {
  await using h = await DeliveryHarness.open()
  h.receivers.at('https://app.test', ({ url }) => (url.endsWith('/gone') ? 410 : 204))
  const [gone, fine] = [
    await h.complete({ callbackUrl: 'https://app.test/gone' }),
    await h.complete({ callbackUrl: 'https://app.test/fine' }),
  ]
  await h.untilOver()
  await h.pass(24 * HOUR_MS)
  assert.deepEqual(
    [(await h.deliveryOf(gone)).state, (await h.deliveryOf(fine)).state, h.receivers.requests.length],
    ['cancelled', 'delivered', 2],
  )
})

test('a task that is deleted before it is told of: the event goes out, without a link', async () => {
  await using h = await DeliveryHarness.open()
  const endpoint = await h.endpoint('ep')
  h.receivers.at(endpoint.url, (_request, call) => (call === 1 ? 500 : 204))
  const task = await h.complete()
  await h.until(() => h.receivers.requests.length === 1, 'the first attempt')
  await h.subject.store.deleteTask('default', task.id)
  await h.untilOver()
  const event = verified(h.receivers.requests[1]!, endpoint.secret)
  assert.partialDeepStrictEqual(event, { task_id: task.id, status: 'completed', result: null })
  assert.doesNotMatch(h.receivers.requests[1]!.body, /video_url/)
  assert.equal((await h.deliveryOf(task)).state, 'delivered')
})

test('an event of the way there that arrives after the end tells of the way there', async () => {
  await using h = await DeliveryHarness.open()
  const endpoint = await h.endpoint('ep', { events: ['video.in_progress', 'video.completed'] })
  h.receivers.at(endpoint.url, (_request, call) => (call === 1 ? 500 : 204))
  await h.complete()
  await h.untilOver()
  const events = h.receivers.requests.map((request) => verified(request, endpoint.secret))
  const late = events.at(-1)!
  assert.partialDeepStrictEqual(late, {
    type: 'video.in_progress',
    status: 'in_progress',
    sequence: 2,
    result: null,
  })
  assert.partialDeepStrictEqual(late['data'], { status: 'in_progress', completed_at: null })
  assert.deepEqual(
    events.map((event) => event['status']),
    ['in_progress', 'completed', 'in_progress'],
  )
})

test('a thin endpoint gets no content; a test event comes with the same signature', async () => {
  await using h = await DeliveryHarness.open()
  const endpoint = await h.endpoint('ep', { payload: 'thin' })
  const task = await h.complete()
  await h.subject.add('dlv_test', endpoint)
  await h.untilOver()
  const events = h.receivers.requests.map((request) => verified(request, endpoint.secret))
  const thin = events.find((event) => event['type'] === 'video.completed')!
  assert.deepEqual(thin['data'], { id: task.id })
  assert.deepEqual(['result' in thin, 'error' in thin], [false, false])
  assert.ok(events.some((event) => event['type'] === 'webhook.test' && event['task_id'] === null))
})
