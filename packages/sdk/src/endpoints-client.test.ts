import assert from 'node:assert/strict'
import { test } from 'node:test'
import { json } from '../test/fake-fetch.ts'
import { testClient, type TestClient } from '../test/test-client.ts'

const endpoint = {
  id: 'ep_1',
  object: 'webhook_endpoint',
  url: 'https://app.test/hooks',
  description: null,
  events: ['video.completed'],
  payload: 'full',
  enabled: false,
  disabled_reason: 'gone',
  health: { failures: 3, failing_since: 7, paused_until: 9 },
  created_at: 5,
}
const secret = { object: 'webhook_secret', secret: 'whsec_new', created_at: 9, expires_at: null }
const delivery = { id: 'dlv_1', object: 'webhook_delivery', type: 'webhook.test', status: 'pending' }

const asked = ({ fetch }: TestClient): string[] =>
  fetch.sent.map(({ method, url, text }) => `${method} ${url.pathname} ${text}`.trimEnd())

test('endpoints are made, listed, read, changed and deleted', async () => {
  const answers = [
    json({ ...endpoint, secret: 'whsec_1' }),
    json({ object: 'list', data: [endpoint, {}, 7] }),
    json(endpoint),
    json(endpoint),
    json({ id: 'ep_1', deleted: true }),
  ]
  const made = testClient((_sent, index) => answers[index]!)
  const { endpoints } = made.client
  const params = { url: endpoint.url, events: ['*'] as const }
  assert.deepEqual(await endpoints.create(params), { ...endpoint, secret: 'whsec_1' })
  assert.deepEqual(await endpoints.list(), [endpoint])
  assert.deepEqual(await endpoints.retrieve('ep_1'), endpoint)
  assert.deepEqual(await endpoints.update('ep_1', { enabled: true }), endpoint)
  assert.equal((await endpoints.delete('ep_1')).deleted, true)
  assert.deepEqual(asked(made), [
    'POST /v1/endpoints {"url":"https://app.test/hooks","events":["*"]}',
    'GET /v1/endpoints',
    'GET /v1/endpoints/ep_1',
    'PATCH /v1/endpoints/ep_1 {"enabled":true}',
    'DELETE /v1/endpoints/ep_1',
  ])
})

test('secrets are read and rotated, for endpoints and for projects', async () => {
  const list = { object: 'list', data: [secret, { secret: 'whsec_old', created_at: 1, expires_at: 99 }] }
  const answers = [json(list), json({ ...endpoint, secret: 'whsec_new' }), json(list), json(secret)]
  const made = testClient((_sent, index) => answers[index]!)
  const { endpoints, projects } = made.client
  assert.deepEqual(
    (await endpoints.secrets('ep_1')).map(({ expires_at }) => expires_at),
    [null, 99],
  )
  assert.equal((await endpoints.rotateSecret('ep_1', { overlapSeconds: 60 })).secret, 'whsec_new')
  assert.equal((await projects.webhookSecrets('default'))[0]?.secret, 'whsec_new')
  assert.deepEqual(await projects.rotateWebhookSecret('default'), secret)
  assert.deepEqual(asked(made), [
    'GET /v1/endpoints/ep_1/secret',
    'POST /v1/endpoints/ep_1/rotate-secret {"overlap":60}',
    'GET /v1/projects/default/webhook-secret',
    'POST /v1/projects/default/rotate-webhook-secret {}',
  ])
})

test('a test event is sent, and what failed is sent again', async () => {
  const answers = [json(delivery), json({ object: 'webhook_resend', resent: 4 }), json({ resent: 0 })]
  const made = testClient((_sent, index) => answers[index]!)
  const { endpoints } = made.client
  assert.equal((await endpoints.test('ep_1')).id, 'dlv_1')
  assert.equal(await endpoints.resendFailed('ep_1', { since: new Date(1_790_000_000_000) }), 4)
  assert.equal(await endpoints.resendFailed('ep_1', { since: 1_790_000_000 }), 0)
  assert.deepEqual(asked(made).slice(1), [
    'POST /v1/endpoints/ep_1/resend {"since":"2026-09-21T14:13:20.000Z"}',
    'POST /v1/endpoints/ep_1/resend {"since":1790000000}',
  ])
})

test('nothing that makes or sends is repeated when its answer was lost', async () => {
  const lost = testClient(() => json({}, 503))
  const { endpoints, projects } = lost.client
  await assert.rejects(endpoints.create({ url: endpoint.url }), { status: 503 })
  await assert.rejects(endpoints.rotateSecret('ep_1'), { status: 503 })
  await assert.rejects(endpoints.test('ep_1'), { status: 503 })
  await assert.rejects(projects.rotateWebhookSecret('default'), { status: 503 })
  assert.equal(lost.fetch.sent.length, 4)
})

test('what is no endpoint, no secret and no id is refused', async () => {
  const { client } = testClient(() => json({}))
  await assert.rejects(client.endpoints.retrieve('ep_1'), { code: 'unexpected_answer' })
  await assert.rejects(client.endpoints.list(), { code: 'unexpected_answer' })
  await assert.rejects(client.endpoints.secrets('ep_1'), { code: 'unexpected_answer' })
  await assert.rejects(client.endpoints.resendFailed('ep_1', { since: 1 }), { code: 'unexpected_answer' })
  await assert.rejects(client.endpoints.delete(''), { code: 'invalid_argument', param: 'id' })
  await assert.rejects(client.projects.webhookSecrets('..'), { code: 'invalid_argument' })
})
