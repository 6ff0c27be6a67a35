import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import { dialectContract } from '../../../test/dialect-contract.ts'
import type { Reply } from '../../../test/dialect-subject.ts'
import { fieldsOf } from '../../../test/test-client.ts'
import type { CallbackRecord } from '../../callback-record.ts'
import type { Phase } from '../../phase.ts'
import type { Secrets } from '../../secrets.ts'
import { startSimulator, type Simulator, type SimulatorOptions } from '../../simulator.ts'

const STATES: Readonly<Record<string, Phase>> = {
  created: 'queued',
  queueing: 'queued',
  processing: 'running',
  success: 'done',
  failed: 'failed',
}

function phaseOf({ body }: Reply): Phase | null {
  const { state, err_code: code } = fieldsOf(body ?? {})
  if (code === 'UserCancelled') return 'cancelled'
  return STATES[String(state)] ?? null
}

/** As Vidu's page on callback signatures says, which leaves the body out. */
function isSigned({ headers, url }: CallbackRecord, _secrets: Secrets, key: string): boolean {
  const { pathname, search } = new URL(url)
  const names = String(headers['x-hmac-signed-headers']).split(';')
  const lines = names.map((name) => `${name}:${headers[name.toLowerCase()] ?? ''}\n`)
  const head = ['POST', pathname, search.slice(1), 'vidu', headers['date'], ''].join('\n')
  const wanted = createHmac('sha256', key)
    .update(head + lines.join(''))
    .digest('base64')
  return headers['x-hmac-signature'] === wanted
}

dialectContract({
  dialect: 'vidu',
  credentials: (key) => ({ authorization: `Token ${key}` }),
  create: (prompt, { token, callbackUrl }) => ({
    method: 'POST',
    path: '/ent/v2/text2video',
    json: { model: 'viduq3-pro', prompt, payload: token, callback_url: callbackUrl },
  }),
  idOf: ({ body }) => String(fieldsOf(body)['task_id']),
  poll: (id) => ({ path: `/ent/v2/tasks/${id}/creations` }),
  phaseOf,
  cancel: (id) => ({ method: 'POST', path: `/ent/v2/tasks/${id}/cancel`, json: { id } }),
  link: async (id, asker) => {
    const { body } = await asker({ path: `/ent/v2/tasks/${id}/creations` })
    const [first] = fieldsOf(body)['creations'] as unknown[]
    return String(fieldsOf(first)['url'])
  },
  failure: /"err_code":"InternalServiceFailure"/u,
  verify: isSigned,
  signsBody: false,
})

async function started(context: TestContext, options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await startSimulator({ dialect: 'vidu', ...options })
  context.after(() => simulator.close())
  return simulator
}

interface Answered {
  readonly status: number
  readonly body: Record<string, unknown>
}

async function ask(url: string, json?: unknown): Promise<Answered> {
  const sent = json === undefined ? {} : { method: 'POST', body: JSON.stringify(json) }
  const headers = { authorization: 'Token key', 'content-type': 'application/json' }
  const response = await fetch(url, { headers, ...sent })
  return { status: response.status, body: fieldsOf(await response.json()) }
}

const TEXT = { model: 'viduq3-pro', prompt: 'a fox' }

test('vidu: created, queueing, processing, success, and no look says whose job it is', async (context) => {
  const { url } = await started(context)
  const prompt = '[up:steps=queued*2,running,done]'
  const made = await ask(`${url}/ent/v2/text2video`, { ...TEXT, prompt, payload: 'ours' })
  assert.deepEqual([made.status, made.body['state'], made.body['payload']], [200, 'created', 'ours'])
  const id = String(made.body['task_id'])
  assert.match(id, /^\d{18}$/u)
  const states = []
  for (let polls = 0; polls < 4; polls += 1) {
    const { body } = await ask(`${url}/ent/v2/tasks/${id}/creations`)
    assert.equal(JSON.stringify(body).includes(`"${id}"`), false)
    assert.equal(body['payload'], 'ours')
    states.push(body['state'])
  }
  assert.deepEqual(states, ['created', 'queueing', 'processing', 'success'])
  const { body } = await ask(`${url}/ent/v2/tasks/${id}/creations`)
  const creation = fieldsOf((body['creations'] as unknown[])[0])
  const cover = await fetch(String(creation['cover_url']))
  assert.deepEqual([cover.status, cover.headers.get('content-type')], [200, 'image/png'])
})

const IMAGE = 'data:image/png;base64,AAAA'

const REFUSALS = [
  ['text2video', {}, 'FieldLacking', 'field is missing or empty: model'],
  ['text2video', { model: 'viduq3-pro' }, 'FieldLacking', 'field is missing or empty: prompt'],
  ['text2video', { ...TEXT, model: 'viduq2-pro' }, 'ModelUnavailable', 'model unavailable'],
  ['text2video', { ...TEXT, duration: 17 }, 'FieldInvalid', 'invalid field: duration'],
  ['text2video', { ...TEXT, resolution: '4k' }, 'FieldInvalid', 'invalid field: resolution'],
  ['text2video', { ...TEXT, aspect_ratio: '2:1' }, 'FieldInvalid', 'invalid field: aspect_ratio'],
  ['text2video', { ...TEXT, images: [IMAGE] }, 'FieldUnwanted', 'unwanted field: images'],
  ['img2video', TEXT, 'FieldLacking', 'field is missing or empty: images'],
  [
    'start-end2video',
    { ...TEXT, images: [IMAGE] },
    'FieldItemCountOutOfRange',
    'field item count out of range: images',
  ],
] as const

for (const [kind, fields, reason, message] of REFUSALS) {
  test(`vidu: ${kind} is refused with ${reason}: ${message}`, async (context) => {
    const { url, ledger } = await started(context)
    const { status, body } = await ask(`${url}/ent/v2/${kind}`, fields)
    assert.equal(status, 400)
    assert.deepEqual({ ...body, metadata: null }, { code: 400, reason, message, metadata: null })
    assert.equal(ledger[0]?.accepted, false)
  })
}

test('vidu: frames and references have routes of their own', async (context) => {
  const { url } = await started(context)
  const pictures = [IMAGE, IMAGE]
  for (const [kind, model, images] of [
    ['img2video', 'viduq2-turbo', [IMAGE]],
    ['start-end2video', 'viduq3-turbo', pictures],
    ['reference2video', 'viduq2', pictures],
  ] as const) {
    const { status, body } = await ask(`${url}/ent/v2/${kind}`, { model, prompt: 'a', images })
    assert.equal(status, 200, JSON.stringify(body))
  }
})

test('vidu: a 429 is about too many at a time or a second, and money is a 400', async (context) => {
  const { url } = await started(context, { limits: true })
  const meanings = []
  for (const [fault, code] of [
    ['429', 'SystemThrottling'],
    ['429', 'QuotaExceeded'],
    ['400', 'CreditInsufficient'],
  ]) {
    const prompt = `[up:create=${fault}][up:failed-code=${code}]`
    const { status, body } = await ask(`${url}/ent/v2/text2video`, { ...TEXT, prompt })
    meanings.push([status, body['code'], body['reason']])
  }
  assert.deepEqual(meanings, [
    [429, 429, 'SystemThrottling'],
    [429, 429, 'QuotaExceeded'],
    [400, 400, 'CreditInsufficient'],
  ])
  for (let count = 0; count < 10; count += 1) await ask(`${url}/ent/v2/text2video`, TEXT)
  const { status, body } = await ask(`${url}/ent/v2/text2video`, TEXT)
  assert.deepEqual([status, body['reason']], [429, 'QuotaExceeded'])
})

test('vidu: an unknown job, a cancel that comes too late, a failure that is free', async (context) => {
  const { url } = await started(context)
  const none = await ask(`${url}/ent/v2/tasks/1/creations`)
  assert.deepEqual([none.status, none.body['code'], none.body['reason']], [404, 404, 'TaskNotFound'])
  const made = await ask(`${url}/ent/v2/text2video`, { ...TEXT, prompt: '[up:steps=running]' })
  const task = `${url}/ent/v2/tasks/${String(made.body['task_id'])}`
  await ask(`${task}/creations`)
  assert.equal((await ask(`${task}/cancel`, {})).status, 400)
  const prompt = '[up:steps=failed][up:failed-code=CreationPolicyViolation]'
  const bad = await ask(`${url}/ent/v2/text2video`, { ...TEXT, prompt })
  const { body } = await ask(`${url}/ent/v2/tasks/${String(bad.body['task_id'])}/creations`)
  assert.deepEqual([body['err_code'], body['credits'], body['creations']], ['CreationPolicyViolation', 0, []])
  const list = await ask(`${url}/ent/v2/tasks`)
  assert.equal((list.body['tasks'] as unknown[]).length, 2)
})
