import assert from 'node:assert/strict'
import { test } from 'node:test'
import { json } from '../test/fake-fetch.ts'
import { testClient } from '../test/test-client.ts'

const delivery = {
  id: 'dlv_1',
  object: 'webhook_delivery',
  event_id: 'evt_1_completed',
  type: 'video.completed',
  sequence: 3,
  video: 'video_1',
  endpoint: null,
  url: 'https://app.test/hooks',
  status: 'pending',
  attempts: 1,
  next_attempt_at: 12,
  created_at: 5,
  ended_at: null,
}
const attempt = {
  n: 1,
  at: 6,
  latency_ms: 31,
  status_code: 500,
  error: 'The receiver answered 500.',
  response_body: 'oops',
}

test('deliveries are listed by page and filter', async () => {
  const { client, fetch } = testClient(() =>
    json({ object: 'list', data: [delivery, { id: 'dlv_2', type: 'nonsense' }], has_more: true }),
  )
  assert.deepEqual(
    await client.deliveries.list({ limit: 1, after: 'dlv_0', status: 'pending', endpoint: 'ep_1' }),
    { object: 'list', data: [delivery], first_id: 'dlv_1', last_id: 'dlv_1', has_more: true },
  )
  assert.equal((await client.videos.deliveries('video_1', { limit: 5 })).data.length, 1)
  assert.deepEqual(
    fetch.sent.map(({ url }) => url.pathname + url.search),
    [
      '/v1/deliveries?limit=1&after=dlv_0&status=pending&endpoint=ep_1',
      '/v1/videos/video_1/deliveries?limit=5',
    ],
  )
})

test('one delivery is read with its attempts, and sent again', async () => {
  const answers = [json({ ...delivery, attempts_log: [attempt, 7] }), json(delivery)]
  const { client, fetch } = testClient((_sent, index) => answers[index]!)
  assert.deepEqual(await client.deliveries.retrieve('dlv_1'), { ...delivery, attempts_log: [attempt] })
  assert.deepEqual(await client.deliveries.resend('dlv_1'), delivery)
  assert.equal(fetch.sent[1]?.url.pathname, '/v1/deliveries/dlv_1/resend')
  await assert.rejects(client.deliveries.resend(''), { code: 'invalid_argument' })
})

test('a delivery under way is a conflict, and is not asked for again', async () => {
  const { client, fetch } = testClient(() =>
    json({ error: { message: 'pending', type: 'x', param: null, code: 'delivery_pending' } }, 409),
  )
  await assert.rejects(client.deliveries.resend('dlv_1'), {
    code: 'conflict',
    serverCode: 'delivery_pending',
  })
  assert.equal(fetch.sent.length, 1)
})

test('the timeline of a video', async () => {
  const entry = { seq: 1, at: 1_790_000_000.123, type: 'task.created', data: { request_id: 'r' } }
  const { client } = testClient(() => json({ object: 'list', data: [entry, { seq: 2 }] }))
  assert.deepEqual(await client.videos.timeline('video_1'), [entry])
  const odd = testClient(() => json({}))
  await assert.rejects(odd.client.videos.timeline('video_1'), { code: 'unexpected_answer' })
})
