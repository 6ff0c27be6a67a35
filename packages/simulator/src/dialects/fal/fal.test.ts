import assert from 'node:assert/strict'
import { createHash, createPublicKey, verify } from 'node:crypto'
import { test } from 'node:test'
import { dialectContract } from '../../../test/dialect-contract.ts'
import type { Reply } from '../../../test/dialect-subject.ts'
import { fieldsOf } from '../../../test/test-client.ts'
import type { CallbackRecord } from '../../callback-record.ts'
import type { Phase } from '../../phase.ts'
import type { Secrets } from '../../secrets.ts'
import { startSimulator } from '../../simulator.ts'

const APP = '/fal-ai/veo3.1'
const MODEL = `${APP}/fast/image-to-video`

function phaseOf({ status, body }: Reply): Phase | null {
  const { status: word, error, error_type: type, detail } = fieldsOf(body)
  if (status === 422 && Array.isArray(detail)) return 'failed'
  if (word === 'IN_QUEUE') return 'queued'
  if (word === 'IN_PROGRESS') return 'running'
  if (word !== 'COMPLETED') return null
  if (type === 'client_cancelled') return 'cancelled'
  return error === undefined ? 'done' : 'failed'
}

/** As fal's page on webhooks says it is verified. */
function isSigned({ headers, body }: CallbackRecord, { ed25519 }: Secrets): boolean {
  const hash = createHash('sha256').update(body).digest('hex')
  const parts = ['request-id', 'user-id', 'timestamp'].map((name) => headers[`x-fal-webhook-${name}`])
  const key = createPublicKey({ key: { ...ed25519.publicJwk }, format: 'jwk' })
  const signature = Buffer.from(headers['x-fal-webhook-signature'] ?? '', 'hex')
  return verify(null, Buffer.from([...parts, hash].join('\n')), key, signature)
}

dialectContract({
  dialect: 'fal',
  credentials: (key) => ({ authorization: `Key ${key}` }),
  create: (prompt, { callbackUrl }) => ({
    method: 'POST',
    path: `${MODEL}${callbackUrl === undefined ? '' : `?fal_webhook=${encodeURIComponent(callbackUrl)}`}`,
    json: { prompt },
  }),
  idOf: ({ body }) => String(fieldsOf(body)['request_id']),
  poll: (id) => ({ path: `${APP}/requests/${id}/status` }),
  phaseOf,
  look: (id) => ({ path: `${APP}/requests/${id}` }),
  cancel: (id) => ({ method: 'PUT', path: `${APP}/requests/${id}/cancel` }),
  link: async (id, ask) => {
    const { body } = await ask({ path: `${APP}/requests/${id}` })
    return String(fieldsOf(fieldsOf(body)['video'])['url'])
  },
  verify: isSigned,
})

const KEY = { authorization: 'Key any', 'content-type': 'application/json' }

async function json(url: string, init: RequestInit = {}): Promise<{ status: number; body: unknown }> {
  const response = await fetch(url, { headers: KEY, ...init })
  return { status: response.status, body: await response.json() }
}

type Submitted = Record<'request_id' | 'status_url' | 'response_url', string>

async function submit(url: string, prompt: string): Promise<Submitted> {
  const { body } = await json(url + MODEL, { method: 'POST', body: JSON.stringify({ prompt }) })
  return body as Submitted
}

test('fal: the three URLs drop what follows the app, 202 while it goes on, and the result is a second step', async (context) => {
  const simulator = await startSimulator({ dialect: 'fal' })
  context.after(() => simulator.close())
  const { url, filesUrl } = simulator
  const created = await submit(url, 'a fox')
  const id = created.request_id
  assert.deepEqual(created, {
    status: 'IN_QUEUE',
    request_id: id,
    queue_position: 0,
    response_url: `${url}${APP}/requests/${id}`,
    status_url: `${url}${APP}/requests/${id}/status`,
    cancel_url: `${url}${APP}/requests/${id}/cancel`,
  })
  const early = await json(created.response_url)
  assert.deepEqual(early, { status: 400, body: { detail: 'Request is still in progress' } })
  const statuses = []
  for (let index = 0; index < 3; index += 1) {
    const { status, body } = await json(created.status_url)
    statuses.push([status, fieldsOf(body)['status']])
  }
  assert.deepEqual(statuses, [
    [202, 'IN_QUEUE'],
    [202, 'IN_PROGRESS'],
    [200, 'COMPLETED'],
  ])
  const video = fieldsOf(fieldsOf((await json(created.response_url)).body)['video'])
  assert.deepEqual([video['content_type'], video['file_name']], ['video/mp4', 'out.mp4'])
  assert.ok(String(video['url']).startsWith(filesUrl))
})

const FAILURES = [
  [
    'failed][up:failed=no][up:failed-code=content_policy_violation',
    422,
    { error: 'Invalid status code: 422' },
  ],
  [
    'failed][up:failed=late][up:failed-code=request_timeout',
    504,
    { error: 'late', error_type: 'request_timeout' },
  ],
  ['error][up:error=broken', 500, { error: 'broken', error_type: 'runner_server_error' }],
] as const

for (const [steps, resultStatus, expected] of FAILURES) {
  test(`fal: a run that ${steps.split(']')[0]} is COMPLETED, and its result a ${resultStatus}`, async (context) => {
    const simulator = await startSimulator({ dialect: 'fal' })
    context.after(() => simulator.close())
    const { url } = simulator
    const created = await submit(url, `[up:steps=${steps}]`)
    const { status, body } = await json(created.status_url)
    const { error, error_type: type } = fieldsOf(body)
    assert.deepEqual([status, fieldsOf(body)['status']], [200, 'COMPLETED'])
    assert.deepEqual({ error, ...(type === undefined ? {} : { error_type: type }) }, expected)
    assert.equal((await json(created.response_url)).status, resultStatus)
  })
}

test('fal: errors, cancels and paths that are not there', async (context) => {
  const models = ['fal-ai/veo3.1/fast/image-to-video']
  const simulator = await startSimulator({ dialect: 'fal', models })
  context.after(() => simulator.close())
  const { url } = simulator
  const none = await json(`${url}${APP}/requests/nope/status`)
  assert.deepEqual(none, { status: 404, body: { detail: 'Request nope not found' } })
  const cancel = (id: unknown): ReturnType<typeof json> =>
    json(`${url}${APP}/requests/${String(id)}/cancel`, { method: 'PUT' })
  assert.deepEqual(await cancel('nope'), { status: 404, body: { status: 'NOT_FOUND' } })
  const running = await submit(url, '[up:steps=running]')
  const requested = { status: 202, body: { status: 'CANCELLATION_REQUESTED' } }
  assert.deepEqual(await cancel(running.request_id), requested)
  const done = await submit(url, '[up:steps=done]')
  await json(done.status_url)
  assert.deepEqual(await cancel(done.request_id), { status: 400, body: { status: 'ALREADY_COMPLETED' } })
  const other = await json(`${url}/nowhere/app`, { method: 'POST', body: '{}' })
  assert.equal(other.status, 404)
  const broken = await json(url + MODEL, { method: 'POST', body: '{' })
  assert.equal(broken.status, 422)
  assert.equal((await json(`${url}/nothing`)).status, 404)
})
