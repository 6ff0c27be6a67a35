import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import { dialectContract } from '../../../test/dialect-contract.ts'
import type { Reply } from '../../../test/dialect-subject.ts'
import { fieldsOf } from '../../../test/test-client.ts'
import type { CallbackRecord } from '../../callback-record.ts'
import { clipBytes } from '../../clips.ts'
import type { Phase } from '../../phase.ts'
import type { Secrets } from '../../secrets.ts'
import { startSimulator, type Simulator, type SimulatorOptions } from '../../simulator.ts'

const WORDS: Readonly<Record<string, Phase>> = {
  pending: 'queued',
  in_progress: 'running',
  completed: 'done',
  failed: 'failed',
  cancelled: 'cancelled',
}

function phaseOf({ body }: Reply): Phase | null {
  const { id, status } = fieldsOf(body ?? {})
  return id === undefined ? null : (WORDS[String(status)] ?? null)
}

/** As OpenRouter's page on video webhooks verifies it. */
function isSigned({ headers, body }: CallbackRecord, { hmac }: Secrets): boolean {
  const parts = String(headers['x-openrouter-signature']).split(',')
  const [time = '', hash = ''] = ['t=', 'v1='].map(
    (head) => parts.find((part) => part.startsWith(head))?.slice(head.length) ?? '',
  )
  return hash === createHmac('sha256', hmac).update(`${time},${body}`).digest('hex')
}

const VIDEOS = '/api/v1/videos'
const VEO = { model: 'google/veo-3.1', prompt: 'a fox' }

dialectContract({
  dialect: 'openrouter',
  credentials: (key) => ({ authorization: `Bearer ${key}` }),
  create: (prompt, { callbackUrl }) => ({
    method: 'POST',
    path: VIDEOS,
    json: { ...VEO, prompt, callback_url: callbackUrl },
  }),
  idOf: ({ body }) => String(fieldsOf(body)['id']),
  poll: (id) => ({ path: `${VIDEOS}/${id}` }),
  phaseOf,
  content: (id) => ({ path: `${VIDEOS}/${id}/content?index=0` }),
  link: async (id, asker) => {
    const { urls } = fieldsOf((await asker({ path: `${VIDEOS}/${id}` })).body)
    return String(Array.isArray(urls) ? urls[0] : '')
  },
  verify: isSigned,
})

async function started(context: TestContext, options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await startSimulator({ dialect: 'openrouter', ...options })
  context.after(() => simulator.close())
  return simulator
}

const KEY = { authorization: 'Bearer key', 'content-type': 'application/json' }

interface Answered {
  readonly status: number
  readonly body: Record<string, unknown>
}

async function ask(url: string, json?: unknown, headers: Record<string, string> = KEY): Promise<Answered> {
  const sent = json === undefined ? {} : { method: 'POST', body: JSON.stringify(json) }
  const response = await fetch(url, { headers, ...sent })
  return { status: response.status, body: fieldsOf(await response.json()) }
}

test('openrouter: 202 with a relative path, then links for the key and signed ones', async (context) => {
  const { url, filesUrl, leaks } = await started(context, { keys: ['key'] })
  const made = await ask(url + VIDEOS, VEO)
  const id = String(made.body['id'])
  assert.deepEqual(made, { status: 202, body: { id, polling_url: `${VIDEOS}/${id}`, status: 'pending' } })
  const statuses = []
  for (let polls = 0; polls < 3; polls += 1) {
    const { body } = await ask(url + made.body.polling_url)
    statuses.push([body['status'], typeof body['generation_id']])
  }
  assert.deepEqual(statuses, [
    ['pending', 'undefined'],
    ['in_progress', 'string'],
    ['completed', 'string'],
  ])
  const { body } = await ask(`${url}${VIDEOS}/${id}`)
  const [unsigned = ''] = body['unsigned_urls'] as string[]
  const [signed = ''] = body['urls'] as string[]
  assert.equal(unsigned, `${url}${VIDEOS}/${id}/content?index=0`)
  assert.ok(signed.startsWith(`${filesUrl}/`))
  assert.equal((await fetch(unsigned)).status, 401)
  for (const [address, headers] of [
    [unsigned, KEY],
    [signed, {}],
  ] as const) {
    const response = await fetch(address, { headers })
    assert.ok(clipBytes('mp4').equals(Buffer.from(await response.arrayBuffer())))
  }
  assert.equal((await ask(`${url}${VIDEOS}/${id}/content?index=1`)).status, 404)
  assert.equal(leaks.length, 0)
})

const REFUSALS = [
  [{ prompt: 'a' }, 'model is required'],
  [{ ...VEO, prompt: ' ' }, 'prompt is required'],
  [{ ...VEO, model: 'nobody/nothing' }, 'nobody/nothing is not a valid model ID'],
  [{ ...VEO, duration: 5 }, 'duration must be one of 4, 6, 8'],
  [{ ...VEO, resolution: '480p' }, 'resolution must be one of 720p, 1080p, 4K'],
  [{ ...VEO, aspect_ratio: '1:1' }, 'aspect_ratio must be one of 16:9, 9:16'],
  [{ ...VEO, seed: 'x' }, 'seed must be an integer'],
  [{ ...VEO, callback_url: 'ftp://example.com' }, 'callback_url must be an HTTPS URL'],
  [{ ...VEO, frame_images: [{ frame_type: 'first_frame' }] }, 'frame_images: image_url.url is required'],
  [
    {
      ...VEO,
      model: 'alibaba/wan-2.6',
      frame_images: [{ frame_type: 'last_frame', image_url: { url: 'x' } }],
    },
    'frame_images: frame_type last_frame is not supported',
  ],
] as const

for (const [fields, message] of REFUSALS) {
  test(`openrouter: refuses with 400: ${message}`, async (context) => {
    const { url, ledger } = await started(context)
    assert.deepEqual(await ask(url + VIDEOS, fields), {
      status: 400,
      body: { error: { code: 400, message } },
    })
    assert.equal(ledger[0]?.accepted, false)
  })
}

test('openrouter: codes are numbers, and a flagged prompt has its reasons beside it', async (context) => {
  const { url } = await started(context, { keys: ['key'] })
  const errorOf = async (markers: string): Promise<unknown> =>
    (await ask(url + VIDEOS, { ...VEO, prompt: markers })).body['error']
  assert.deepEqual(
    await errorOf('[up:create=402][up:failed-code=insufficient_quota][up:failed=Insufficient credits]'),
    {
      code: 402,
      message: 'Insufficient credits',
    },
  )
  const flagged = fieldsOf(await errorOf('[up:create=403][up:failed-code=violence][up:failed=flagged]'))
  assert.deepEqual([flagged['code'], fieldsOf(flagged['metadata'])['reasons']], [403, ['violence']])
  assert.deepEqual(await errorOf('[up:create=403]'), {
    code: 403,
    message: 'The simulator answers 403 on purpose.',
  })
  const wrong = await ask(url + VIDEOS, VEO, { ...KEY, authorization: 'Bearer other' })
  assert.deepEqual(wrong, { status: 401, body: { error: { code: 401, message: 'User not found.' } } })
})

test('openrouter: ends in four ways, and a failure has its reason as a text', async (context) => {
  const { url } = await started(context)
  const seen = []
  for (const markers of [
    'steps=failed][up:failed=blocked',
    'status=expired',
    'status=cancelled',
    'steps=error',
  ]) {
    const made = await ask(url + VIDEOS, { ...VEO, prompt: `[up:${markers}]` })
    const { body } = await ask(`${url}${VIDEOS}/${String(made.body['id'])}`)
    seen.push([body['status'], typeof body['error']])
  }
  assert.deepEqual(seen, [
    ['failed', 'string'],
    ['expired', 'string'],
    ['cancelled', 'undefined'],
    ['failed', 'string'],
  ])
  const early = await ask(`${url}${VIDEOS}/none/content`)
  assert.deepEqual([early.status, fieldsOf(early.body['error'])['code']], [404, 404])
})

test('openrouter: the list of models and the key cost nothing', async (context) => {
  const { url, ledger } = await started(context)
  const { body } = await ask(`${url}${VIDEOS}/models`)
  const ids = (body['data'] as unknown[]).map((model) => fieldsOf(model)['id'])
  assert.ok(ids.includes('google/veo-3.1'))
  const key = await ask(`${url}/api/v1/key`)
  assert.equal(fieldsOf(key.body['data'])['limit'], 100)
  assert.equal(ledger.length, 0)
})

test('openrouter: an event is named by the job and its end; the workspace has a default', async (context) => {
  const simulator = await started(context, { callbackUrl: 'http://127.0.0.1:9/hook' })
  const { url } = simulator
  const made = await ask(url + VIDEOS, { ...VEO, prompt: '[up:steps=running][up:callback=lost]' })
  const id = String(made.body['id'])
  assert.equal(simulator.ledger[0]?.callbackUrl, 'http://127.0.0.1:9/hook')
  const sent = simulator.callback(id, { phase: 'done' })
  const record = await simulator.untilCallback(({ error }) => error !== null)
  assert.equal(record.headers['x-openrouter-idempotency-key'], `${id}-completed`)
  const event = fieldsOf(JSON.parse(record.body))
  const data = fieldsOf(event['data'])
  assert.deepEqual([event['type'], data['id'], data['model']], ['video.generation.completed', id, VEO.model])
  assert.deepEqual(data['unsigned_urls'], [`${url}${VIDEOS}/${id}/content?index=0`])
  await simulator.close()
  assert.equal((await sent).accepted, false)
})
