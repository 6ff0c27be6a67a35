import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeliveryPage, TimelineEntry, Video, WebhookDelivery } from '@reelay/sdk'
import { openApi, type ApiAnswer, type OpenApi } from './open-api.ts'

const NOW_SECONDS = 1_790_000_000

const codeOf = ({ status, body }: ApiAnswer): unknown => [status, (body['error'] as { code: string }).code]

async function createEndpoint(api: OpenApi, key?: string): Promise<string> {
  const body = { url: 'https://app.example.com/hooks', events: ['*'] }
  const answer = await api.call('POST', '/v1/endpoints', { body, ...(key === undefined ? {} : { key }) })
  return String(answer.body['id'])
}

async function createVideo(api: OpenApi, key?: string): Promise<Video> {
  const body = { model: 'local/preview', prompt: 'a paper boat' }
  const answer = await api.call('POST', '/v1/videos', { body, ...(key === undefined ? {} : { key }) })
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  return answer.body as Video
}

async function list(api: OpenApi, query = ''): Promise<DeliveryPage> {
  const answer = await api.call('GET', `/v1/deliveries${query}`)
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  return answer.body as DeliveryPage
}

const idsOf = ({ data }: DeliveryPage): string[] => data.map(({ id }) => id)

test('an event of a video is listed for the project, and for the video', async () => {
  await using api = await openApi()
  const endpoint = await createEndpoint(api)
  const video = await createVideo(api)
  const page = await list(api)
  const [delivery] = page.data
  const { id, ...rest } = delivery!
  assert.match(id, /^dlv_/)
  assert.deepEqual(rest, {
    object: 'webhook_delivery',
    event_id: `evt_${video.id.slice('video_'.length)}_queued`,
    type: 'video.queued',
    sequence: 1,
    video: video.id,
    endpoint,
    url: 'https://app.example.com/hooks',
    status: 'pending',
    attempts: 0,
    next_attempt_at: NOW_SECONDS,
    created_at: NOW_SECONDS,
    ended_at: null,
  })
  assert.deepEqual(
    { ...page, data: [] },
    {
      object: 'list',
      data: [],
      first_id: id,
      last_id: id,
      has_more: false,
    },
  )
  const reader = await api.addKey('default', ['read'])
  const own = await api.call('GET', `/v1/videos/${video.id}/deliveries`, { key: reader })
  // Where an endpoint is exactly is the administrators' business.
  const data = [{ ...delivery!, url: 'https://app.example.com' }]
  assert.deepEqual(own.body, { ...page, data })
  const admin = await api.call('GET', `/v1/videos/${video.id}/deliveries`)
  assert.deepEqual(admin.body, page)
})

test('pages go from the newest to the oldest, and filters narrow them', async () => {
  await using api = await openApi()
  const first = await createEndpoint(api)
  const second = await createEndpoint(api)
  const videos: Video[] = []
  for (let index = 0; index < 3; index += 1) {
    videos.push(await createVideo(api))
    api.clock.advance(1_000)
  }
  const all = await list(api)
  assert.equal(all.data.length, 6)
  assert.deepEqual(
    all.data.map(({ video }) => video),
    videos.toReversed().flatMap(({ id }) => [id, id]),
  )
  const seen: string[] = []
  let after = ''
  for (let pages = 0; pages < 3; pages += 1) {
    const page = await list(api, `?limit=2${after}`)
    seen.push(...idsOf(page))
    assert.equal(page.has_more, pages < 2)
    after = `&after=${page.last_id}`
  }
  assert.deepEqual(seen, idsOf(all))
  assert.equal((await list(api, `?endpoint=${first}`)).data.length, 3)
  assert.equal((await list(api, `?endpoint=${first}&video=${videos[0]!.id}`)).data.length, 1)
  await api.call('PATCH', `/v1/endpoints/${second}`, { body: { enabled: false } })
  const cancelled = await list(api, '?status=cancelled')
  assert.deepEqual(
    cancelled.data.map(({ endpoint, next_attempt_at, ended_at }) => [endpoint, next_attempt_at, ended_at]),
    Array.from({ length: 3 }, () => [second, null, NOW_SECONDS + 3]),
  )
  const ofVideo = await api.call('GET', `/v1/videos/${videos[0]!.id}/deliveries?status=pending`)
  assert.equal((ofVideo.body as DeliveryPage).data[0]?.endpoint, first)
})

test('a query that means nothing is refused', async () => {
  await using api = await openApi()
  for (const query of [
    'limit=0',
    'limit=101',
    'limit=x',
    'status=lost',
    'after=dlv_0',
    'endpoint=',
    'video=',
  ]) {
    assert.deepEqual(codeOf(await api.call('GET', `/v1/deliveries?${query}`)), [400, 'invalid_value'], query)
  }
})

test('an ended delivery is sent again, one under way is not', async () => {
  await using api = await openApi()
  const endpoint = await createEndpoint(api)
  const sent = (await api.call('POST', `/v1/endpoints/${endpoint}/test`)).body as WebhookDelivery
  const resend = (): Promise<ApiAnswer> => api.call('POST', `/v1/deliveries/${sent.id}/resend`)
  const enable = (enabled: boolean): Promise<ApiAnswer> =>
    api.call('PATCH', `/v1/endpoints/${endpoint}`, { body: { enabled } })
  assert.deepEqual(codeOf(await resend()), [409, 'delivery_pending'])
  await enable(false)
  assert.deepEqual(codeOf(await resend()), [400, 'endpoint_disabled'])
  await enable(true)
  assert.equal((await api.call('GET', `/v1/deliveries/${sent.id}`)).body['status'], 'cancelled')
  api.clock.advance(5_000)
  const again = (await resend()).body as WebhookDelivery
  assert.deepEqual(again, { ...sent, next_attempt_at: NOW_SECONDS + 5 })
  await api.call('DELETE', `/v1/endpoints/${endpoint}`)
  const gone = await resend()
  assert.deepEqual(codeOf(gone), [404, 'endpoint_not_found'])
  assert.deepEqual(codeOf(await api.call('POST', '/v1/deliveries/dlv_0/resend')), [404, 'delivery_not_found'])
  assert.deepEqual(codeOf(await api.call('GET', '/v1/deliveries/dlv_0')), [404, 'delivery_not_found'])
})

test('the timeline of a video has what happened, with milliseconds', async () => {
  await using api = await openApi()
  api.clock.advance(123)
  const video = await createVideo(api)
  api.clock.advance(1_000)
  await api.call('POST', `/v1/videos/${video.id}/cancel`)
  const reader = await api.addKey('default', ['read'])
  const answer = await api.call('GET', `/v1/videos/${video.id}/events`, { key: reader })
  const entries = answer.body['data'] as TimelineEntry[]
  assert.deepEqual(
    entries.map(({ seq, at, type }) => [seq, at, type]),
    [
      [1, NOW_SECONDS + 0.123, 'task.created'],
      [2, NOW_SECONDS + 1.123, 'task.cancel_requested'],
    ],
  )
  assert.equal(typeof entries[0]?.data['request_id'], 'string')
})

test('nothing of a project is there for another one', async () => {
  await using api = await openApi()
  const endpoint = await createEndpoint(api)
  const video = await createVideo(api)
  const delivery = (await list(api)).data[0]!.id
  const stranger = await api.addKey('films', ['admin'])
  const routes: [string, string, object?][] = [
    ['GET', `/v1/endpoints/${endpoint}`],
    ['PATCH', `/v1/endpoints/${endpoint}`, { enabled: false }],
    ['DELETE', `/v1/endpoints/${endpoint}`],
    ['GET', `/v1/endpoints/${endpoint}/secret`],
    ['POST', `/v1/endpoints/${endpoint}/rotate-secret`],
    ['POST', `/v1/endpoints/${endpoint}/test`],
    ['POST', `/v1/endpoints/${endpoint}/resend`, { since: 0 }],
    ['GET', `/v1/deliveries/${delivery}`],
    ['POST', `/v1/deliveries/${delivery}/resend`],
    ['GET', `/v1/videos/${video.id}/deliveries`],
    ['GET', `/v1/videos/${video.id}/events`],
  ]
  for (const [method, path, body] of routes) {
    const missing = path.replace(/(ep|dlv|video)_\w{26}/, (_id, kind: string) => `${kind}_${'0'.repeat(26)}`)
    const foreign = await api.call(method, path, { body, key: stranger })
    assert.equal(foreign.status, 404, `${method} ${path}`)
    assert.deepEqual(foreign.body, (await api.call(method, missing, { body, key: stranger })).body, path)
  }
  for (const path of ['/v1/endpoints', '/v1/deliveries', `/v1/deliveries?video=${video.id}`]) {
    assert.deepEqual((await api.call('GET', path, { key: stranger })).body['data'], [])
  }
  assert.equal((await api.call('GET', `/v1/deliveries?after=${delivery}`, { key: stranger })).status, 400)
  const kept = await api.call('GET', `/v1/endpoints/${endpoint}`)
  assert.equal(kept.body['enabled'], true)
  assert.equal((await list(api)).data[0]?.status, 'pending')
})

test('all but the two routes of a video need the admin scope', async () => {
  await using api = await openApi()
  const endpoint = await createEndpoint(api)
  const key = await api.addKey('default', ['create', 'read', 'content'])
  const routes = [
    'GET /v1/endpoints',
    'POST /v1/endpoints',
    `GET /v1/endpoints/${endpoint}`,
    `PATCH /v1/endpoints/${endpoint}`,
    `DELETE /v1/endpoints/${endpoint}`,
    `GET /v1/endpoints/${endpoint}/secret`,
    `POST /v1/endpoints/${endpoint}/rotate-secret`,
    `POST /v1/endpoints/${endpoint}/test`,
    `POST /v1/endpoints/${endpoint}/resend`,
    'GET /v1/deliveries',
    'GET /v1/deliveries/dlv_0',
    'POST /v1/deliveries/dlv_0/resend',
    'GET /v1/projects/default/webhook-secret',
    'POST /v1/projects/default/rotate-webhook-secret',
  ]
  for (const route of routes) {
    const [method = '', path = ''] = route.split(' ')
    assert.deepEqual(codeOf(await api.call(method, path, { key })), [403, 'insufficient_scope'], route)
  }
  const writer = await api.addKey('default', ['create'])
  const video = await createVideo(api)
  for (const path of ['deliveries', 'events']) {
    const answer = await api.call('GET', `/v1/videos/${video.id}/${path}`, { key: writer })
    assert.deepEqual(codeOf(answer), [403, 'insufficient_scope'], path)
  }
})

test('PATCH is in what a path allows', async () => {
  await using api = await openApi()
  const answer = await api.call('PUT', '/v1/endpoints/ep_1')
  assert.equal(answer.status, 405)
  assert.equal(answer.headers.get('allow'), 'DELETE, GET, HEAD, PATCH')
})
