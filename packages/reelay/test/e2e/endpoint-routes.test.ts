import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { WebhookDelivery, WebhookEndpoint, WebhookSecret } from '@reelay/sdk'
import { openApi, type ApiAnswer, type OpenApi } from './open-api.ts'

const URL_A = 'https://app.example.com/hooks'
const NOW_SECONDS = 1_790_000_000

async function create(api: OpenApi, fields: object = {}): Promise<WebhookEndpoint> {
  const answer = await api.call('POST', '/v1/endpoints', { body: { url: URL_A, ...fields } })
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  return answer.body as WebhookEndpoint
}

const errorOf = ({ status, body }: ApiAnswer): unknown => {
  const { code, param } = body['error'] as { code: string; param: string | null }
  return [status, code, param]
}

const messageOf = ({ body }: ApiAnswer): string => (body['error'] as { message: string }).message

test('an endpoint is made with defaults, and shows its secret in that answer only', async () => {
  await using api = await openApi()
  const made = await api.call('POST', '/v1/endpoints', { body: { url: URL_A } })
  const { id, secret, ...rest } = made.body as WebhookEndpoint
  assert.match(id, /^ep_[0-9a-z]{26}$/)
  assert.match(secret ?? '', /^whsec_[A-Za-z0-9+/]{43}=$/)
  assert.equal(made.headers.get('cache-control'), 'no-store')
  assert.deepEqual(rest, {
    object: 'webhook_endpoint',
    url: URL_A,
    description: null,
    events: ['video.completed', 'video.failed', 'video.error'],
    payload: 'full',
    enabled: true,
    disabled_reason: null,
    health: { failures: 0, failing_since: null, paused_until: null },
    created_at: NOW_SECONDS,
  })
  const read = await api.call('GET', `/v1/endpoints/${id}`)
  assert.deepEqual(read.body, { id, ...rest })
  assert.deepEqual((await api.call('GET', '/v1/endpoints')).body, { object: 'list', data: [{ id, ...rest }] })
})

test('what is sent is kept, changed and deleted', async () => {
  await using api = await openApi()
  const description = 'billing'
  const { id } = await create(api, { events: ['video.error', 'video.queued'], payload: 'thin', description })
  const read = (await api.call('GET', `/v1/endpoints/${id}`)).body as WebhookEndpoint
  assert.deepEqual(read.events, ['video.queued', 'video.error'])
  assert.deepEqual([read.payload, read.description], ['thin', 'billing'])
  const url = 'http://other.example.com:8080/'
  const changes = { url, events: ['*'], description: null, enabled: false }
  const changed = (await api.call('PATCH', `/v1/endpoints/${id}`, { body: changes })).body as WebhookEndpoint
  assert.equal(changed.url, url)
  assert.equal(changed.events.length, 5)
  assert.deepEqual([changed.payload, changed.description], ['thin', null])
  assert.deepEqual([changed.enabled, changed.disabled_reason], [false, 'manual'])
  const enabled = (await api.call('PATCH', `/v1/endpoints/${id}`, { body: { enabled: true } })).body
  assert.deepEqual([enabled['enabled'], enabled['disabled_reason']], [true, null])
  assert.deepEqual((await api.call('DELETE', `/v1/endpoints/${id}`)).body, {
    id,
    object: 'webhook_endpoint.deleted',
    deleted: true,
  })
  assert.deepEqual(errorOf(await api.call('GET', `/v1/endpoints/${id}`)), [404, 'endpoint_not_found', null])
  assert.equal((await api.call('DELETE', `/v1/endpoints/${id}`)).status, 404)
  assert.equal((await api.call('PATCH', `/v1/endpoints/${id}`, { body: {} })).status, 404)
})

test('what an endpoint cannot be is refused, saying what to do', async () => {
  await using api = await openApi({ REELAY_ALLOW_HOSTS: 'hooks.internal' })
  const { id } = await create(api)
  const refused: [object, string, RegExp][] = [
    [{}, 'missing_required_parameter', /url is required/],
    [{ url: 'ftp://app.example.com/' }, 'invalid_value', /http or https/],
    [{ url: '/hooks' }, 'invalid_value', /absolute/],
    [{ url: 'https://user:pass@app.example.com/' }, 'invalid_value', /user name or a password/],
    [{ url: 'http://10.0.0.1/' }, 'invalid_value', /REELAY_ALLOW_HOSTS/],
    [{ url: 'http://169.254.169.254/' }, 'invalid_value', /not on the public internet/],
    [{ url: `https://app.example.com/${'a'.repeat(2_100)}` }, 'invalid_value', /2048/],
    [{ url: URL_A, events: [] }, 'invalid_value', /at least one event/],
    [{ url: URL_A, events: ['video.done'] }, 'invalid_value', /one of video\.queued/],
    [{ url: URL_A, payload: 'tiny' }, 'invalid_value', /"full" or "thin"/],
    [{ url: URL_A, secret: 'whsec_mine' }, 'unknown_parameter', /secret/],
  ]
  for (const [body, code, message] of refused) {
    const answer = await api.call('POST', '/v1/endpoints', { body })
    const [, actual] = errorOf(answer) as string[]
    assert.equal(actual, code, JSON.stringify(body))
    assert.match(messageOf(answer), message)
  }
  const patched = await api.call('PATCH', `/v1/endpoints/${id}`, { body: { url: 'http://10.0.0.1/' } })
  assert.deepEqual(errorOf(patched), [400, 'invalid_value', 'url'])
  // The gateway listens on loopback, so that an application beside it can be told.
  await create(api, { url: 'http://127.0.0.1:3000/hooks' })
  await create(api, { url: 'http://hooks.internal/' })
})

test('a project has twenty endpoints at most', async () => {
  await using api = await openApi()
  for (let index = 0; index < 20; index += 1) await create(api, { url: `${URL_A}/${index}` })
  const surplus = await api.call('POST', '/v1/endpoints', { body: { url: URL_A } })
  assert.deepEqual(errorOf(surplus), [409, 'endpoint_limit_reached', null])
  assert.match(messageOf(surplus), /Delete one/)
})

test('twenty endpoints at most, also when sixty are made at once', async () => {
  await using api = await openApi()
  const body = { url: URL_A }
  const answers = await Promise.all(
    Array.from({ length: 60 }, () => api.call('POST', '/v1/endpoints', { body })),
  )
  assert.equal(answers.filter(({ status }) => status === 200).length, 20)
})

test('a URL is kept as it is sent: without line breaks, and without a fragment', async () => {
  await using api = await openApi()
  const { url } = await create(api, { url: ' https://app.example.com/a\nb?x=\u202e1#secret ' })
  assert.equal(url, 'https://app.example.com/ab?x=%E2%80%AE1')
})

test('a day that does not exist is no time to send again from', async () => {
  await using api = await openApi()
  const { id } = await create(api)
  for (const since of ['2026-02-30', '2026-13-01', '2026-02-30T10:00:00Z', '2026', '20260921']) {
    const answer = await api.call('POST', `/v1/endpoints/${id}/resend`, { body: { since } })
    assert.deepEqual(errorOf(answer), [400, 'invalid_value', 'since'], since)
  }
})

test('a secret that does not open hides no other', async () => {
  await using api = await openApi()
  const { id, secret } = await create(api)
  const nowMs = api.clock.nowMs()
  const foreign = { sealed: 'v1.bm90IGEgc2VjcmV0', createdAtMs: nowMs, expiresAtMs: null }
  const rotation = { secret: foreign, expireAtMs: nowMs + 60_000, liveMax: 4 }
  await api.reelay.store.webhooks.rotateEndpointSecret('default', id, rotation)
  const answer = await api.call('GET', `/v1/endpoints/${id}/secret`)
  const shown = (answer.body['data'] as WebhookSecret[]).map((entry) => entry.secret)
  assert.deepEqual([answer.status, shown], [200, [secret]])
})

test('rotated secrets go on signing for the overlap, four at a time', async () => {
  await using api = await openApi()
  const { id, secret: first } = await create(api)
  const secrets = async (): Promise<readonly WebhookSecret[]> => {
    const answer = await api.call('GET', `/v1/endpoints/${id}/secret`)
    assert.equal(answer.headers.get('cache-control'), 'no-store')
    return answer.body['data'] as WebhookSecret[]
  }
  assert.deepEqual(await secrets(), [
    { object: 'webhook_secret', secret: first, created_at: NOW_SECONDS, expires_at: null },
  ])
  const rotated = await api.call('POST', `/v1/endpoints/${id}/rotate-secret`)
  assert.equal(rotated.headers.get('cache-control'), 'no-store')
  const second = rotated.body['secret']
  assert.notEqual(second, first)
  assert.deepEqual(
    (await secrets()).map(({ secret, expires_at }) => [secret, expires_at]),
    [
      [second, null],
      [first, NOW_SECONDS + 86_400],
    ],
  )
  api.clock.advance(86_400_000)
  assert.deepEqual(
    (await secrets()).map(({ secret }) => secret),
    [second],
  )
  const body = { overlap: 60 }
  for (let index = 0; index < 5; index += 1)
    await api.call('POST', `/v1/endpoints/${id}/rotate-secret`, { body })
  assert.equal((await secrets()).length, 4)
  const only = await api.call('POST', `/v1/endpoints/${id}/rotate-secret`, { body: { overlap: 0 } })
  assert.deepEqual(
    (await secrets()).map(({ secret }) => secret),
    [only.body['secret']],
  )
  for (const overlap of [-1, 604_801, 1.5, 'day']) {
    const refused = await api.call('POST', `/v1/endpoints/${id}/rotate-secret`, { body: { overlap } })
    assert.deepEqual(errorOf(refused), [400, 'invalid_value', 'overlap'], String(overlap))
  }
})

test('a test event is put on its way, but not to an endpoint that is disabled', async () => {
  await using api = await openApi()
  const { id } = await create(api)
  const sent = (await api.call('POST', `/v1/endpoints/${id}/test`)).body as WebhookDelivery
  assert.match(sent.id, /^dlv_[0-9a-z]{26}$/)
  assert.match(sent.event_id, /^evt_test_[0-9a-z]{26}$/)
  const { id: _id, event_id: _event, ...rest } = sent
  assert.deepEqual(rest, {
    object: 'webhook_delivery',
    type: 'webhook.test',
    sequence: 0,
    video: null,
    endpoint: id,
    url: URL_A,
    status: 'pending',
    attempts: 0,
    next_attempt_at: NOW_SECONDS,
    created_at: NOW_SECONDS,
    ended_at: null,
  })
  const stored = await api.call('GET', `/v1/deliveries/${sent.id}`)
  assert.deepEqual(stored.body, { ...sent, attempts_log: [] })
  await api.call('PATCH', `/v1/endpoints/${id}`, { body: { enabled: false } })
  const refused = await api.call('POST', `/v1/endpoints/${id}/test`)
  assert.deepEqual(errorOf(refused), [400, 'endpoint_disabled', null])
  assert.match(messageOf(refused), /PATCH \/v1\/endpoints\/ep_\w+ with \{"enabled": true\}/)
})

test('everything that failed since then is sent again', async () => {
  await using api = await openApi()
  const { id } = await create(api)
  const resend = (since: unknown): Promise<ApiAnswer> =>
    api.call('POST', `/v1/endpoints/${id}/resend`, { body: { since } })
  const enable = (enabled: boolean): Promise<ApiAnswer> =>
    api.call('PATCH', `/v1/endpoints/${id}`, { body: { enabled } })
  await api.call('POST', `/v1/endpoints/${id}/test`)
  api.clock.advance(60_000)
  await api.call('POST', `/v1/endpoints/${id}/test`)
  await enable(false)
  assert.deepEqual(errorOf(await resend(NOW_SECONDS)), [400, 'endpoint_disabled', null])
  await enable(true)
  assert.deepEqual((await resend(NOW_SECONDS + 1)).body, { object: 'webhook_resend', resent: 1 })
  assert.equal((await resend('2026-09-21T14:13:20Z')).body['resent'], 1)
  assert.equal((await resend(0)).body['resent'], 0)
  const wrong = [NOW_SECONDS + 3_600, NOW_SECONDS * 1_000, -1, 'yesterday', '2026-09-21T12:00:00', null]
  for (const since of wrong)
    assert.deepEqual(errorOf(await resend(since)), [400, 'invalid_value', 'since'], String(since))
})

test('the secrets of a project are made when they are asked for, and stay', async () => {
  await using api = await openApi()
  const path = '/v1/projects/default/webhook-secret'
  const asked = await api.call('GET', path)
  assert.equal(asked.headers.get('cache-control'), 'no-store')
  const [first] = asked.body['data'] as WebhookSecret[]
  assert.match(first?.secret ?? '', /^whsec_/)
  assert.deepEqual((await api.call('GET', path)).body, asked.body)
  const rotate = '/v1/projects/default/rotate-webhook-secret'
  const rotated = await api.call('POST', rotate, { body: { overlap: 60 } })
  assert.equal(rotated.headers.get('cache-control'), 'no-store')
  const both = (await api.call('GET', path)).body['data'] as WebhookSecret[]
  assert.deepEqual(both, [rotated.body, { ...first, expires_at: NOW_SECONDS + 60 }])
  assert.deepEqual(errorOf(await api.call('GET', '/v1/projects/nobody/webhook-secret')), [
    404,
    'project_not_found',
    null,
  ])
})

test('the default project reaches the secrets of all projects, another one its own', async () => {
  await using api = await openApi()
  const films = await api.addKey('films', ['admin'])
  const music = await api.addKey('music', ['admin'])
  const read = (key: string, project: string): Promise<ApiAnswer> =>
    api.call('GET', `/v1/projects/${project}/webhook-secret`, { key })
  const own = await read(films, 'films')
  assert.equal(own.status, 200)
  assert.deepEqual((await read(api.reelay.adminKey, 'films')).body, own.body)
  assert.equal((await read(music, 'films')).status, 404)
  assert.equal((await read(films, 'default')).status, 404)
  const rotate = '/v1/projects/films/rotate-webhook-secret'
  assert.equal((await api.call('POST', rotate, { key: music })).status, 404)
  assert.deepEqual((await read(films, 'films')).body, own.body)
})

test('secrets that another REELAY_SECRET sealed are told apart from those that are missing', async () => {
  await using api = await openApi()
  const { id } = await create(api)
  const foreign = { sealed: 'v1.bm90IGEgc2VjcmV0', createdAtMs: api.clock.nowMs(), expiresAtMs: null }
  const rotation = { secret: foreign, expireAtMs: api.clock.nowMs(), liveMax: 4 }
  await api.reelay.store.webhooks.rotateEndpointSecret('default', id, rotation)
  const answer = await api.call('GET', `/v1/endpoints/${id}/secret`)
  assert.deepEqual(errorOf(answer), [409, 'secret_locked', null])
  assert.match(messageOf(answer), /REELAY_SECRET_PREVIOUS/)
})
