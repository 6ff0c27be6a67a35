import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { dialectContract } from '../../../test/dialect-contract.ts'
import type { Reply } from '../../../test/dialect-subject.ts'
import { fieldsOf } from '../../../test/test-client.ts'
import type { Phase } from '../../phase.ts'
import { textField } from '../../request.ts'
import { startSimulator, type Simulator, type SimulatorOptions } from '../../simulator.ts'

const CREATE = '/v1/videos/generations'

function phaseOf({ status, body }: Reply): Phase | null {
  const { status: word, progress } = fieldsOf(body)
  if (status === 202) return progress === 0 ? 'queued' : 'running'
  if (word === 'done') return 'done'
  if (word === 'failed') return 'failed'
  return word === 'expired' ? 'error' : null
}

dialectContract({
  dialect: 'xai',
  credentials: (key) => ({ authorization: `Bearer ${key}` }),
  create: (prompt) => ({ method: 'POST', path: CREATE, json: { model: 'grok-imagine-video', prompt } }),
  idOf: ({ body }) => textField(fieldsOf(body), 'request_id'),
  poll: (id) => ({ path: `/v1/videos/${id}` }),
  phaseOf,
  link: async (id, ask) => {
    const { body } = await ask({ path: `/v1/videos/${id}` })
    return String(fieldsOf(fieldsOf(body)['video'])['url'])
  },
})

type Answered = { status: number; body: unknown }

async function started(context: TestContext, options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await startSimulator({ dialect: 'xai', ...options })
  context.after(() => simulator.close())
  return simulator
}

const HEADERS = { authorization: 'Bearer any', 'content-type': 'application/json' }

/** An empty body is `null`. */
async function json(url: string, init: RequestInit = {}): Promise<Answered> {
  const response = await fetch(url, { headers: HEADERS, ...init })
  const text = await response.text()
  return { status: response.status, body: text === '' ? null : JSON.parse(text) }
}

async function submit(url: string, fields: object, path = CREATE): Promise<Answered> {
  return json(url + path, { method: 'POST', body: JSON.stringify(fields) })
}

async function requestOf(url: string, prompt: string, fields: object = {}): Promise<string> {
  const { body } = await submit(url, { model: 'grok-imagine-video', prompt, ...fields })
  return `${url}/v1/videos/${String(fieldsOf(body)['request_id'])}`
}

test('xai: 202 while it goes on, 200 at the end, and no id in between', async (context) => {
  const { url, filesUrl } = await started(context)
  const created = await submit(url, { model: 'grok-imagine-video', prompt: 'a fox', duration: 5 })
  assert.deepEqual([created.status, Object.keys(fieldsOf(created.body))], [200, ['request_id']])
  const request = `${url}/v1/videos/${String(fieldsOf(created.body)['request_id'])}`
  const model = 'grok-imagine-video'
  assert.deepEqual(await json(request), { status: 202, body: { status: 'pending', model, progress: 0 } })
  assert.deepEqual(await json(request), { status: 202, body: { status: 'pending', model, progress: 50 } })
  const { status, body } = await json(request)
  const { video, ...about } = fieldsOf(body)
  const usage = { cost_in_usd_ticks: 2_500_000_000 }
  assert.deepEqual([status, about], [200, { status: 'done', model, progress: 100, usage }])
  const { url: link, ...rest } = fieldsOf(video)
  assert.deepEqual(rest, { duration: 5, respect_moderation: true })
  assert.ok(String(link).startsWith(`${filesUrl}/`))
})

test('xai: a pending body may be empty, and a status may be missing beside a video', async (context) => {
  const { url } = await started(context)
  const request = await requestOf(url, '[up:bare=2][up:steps=running,done][up:no-status]')
  assert.deepEqual(await json(request), { status: 202, body: null })
  assert.deepEqual(await json(request), { status: 202, body: null })
  assert.equal(fieldsOf((await json(request)).body)['status'], 'pending')
  const { status, body } = await json(request)
  assert.deepEqual([status, 'status' in fieldsOf(body)], [200, false])
  assert.match(String(fieldsOf(fieldsOf(body)['video'])['url']), /^http/u)
})

test('xai: moderation holds back a video that is done, a failure is a 200, jobs expire', async (context) => {
  const { url } = await started(context)
  const model = 'grok-imagine-video'
  const cases = [
    [
      '[up:failed=blocked][up:failed-code=respect_moderation]',
      { status: 'done', model, video: { url: '', respect_moderation: false } },
    ],
    [
      '[up:failed=The image could not be read.][up:failed-code=invalid_argument]',
      {
        status: 'failed',
        model,
        error: { code: 'invalid_argument', message: 'The image could not be read.' },
      },
    ],
    ['[up:error]', { status: 'expired', model }],
    ['[up:status=expired]', { status: 'expired', model }],
  ] as const
  for (const [markers, expected] of cases) {
    const request = await requestOf(url, `${markers.includes('status') ? '' : '[up:steps=done]'}${markers}`)
    assert.deepEqual(await json(request), { status: 200, body: expected }, markers)
  }
  const { body } = await json(await requestOf(url, '[up:steps=done][up:no-url]'))
  assert.equal(fieldsOf(fieldsOf(body)['video'])['url'], '')
})

const REFUSED = [
  [CREATE, {}, 422, /missing field `model`/u],
  [CREATE, { model: 'grok-imagine-video' }, 422, /missing field `prompt`/u],
  [CREATE, { model: 'grok-imagine-video', prompt: ' ' }, 400, /prompt/u],
  [CREATE, { model: 'grok-imagine-video', prompt: 'x', duration: 16 }, 400, /duration/u],
  [CREATE, { model: 'grok-imagine-video', prompt: 'x', aspect_ratio: '21:9' }, 400, /aspect_ratio/u],
  [CREATE, { model: 'grok-imagine-video', prompt: 'x', resolution: '4k' }, 400, /resolution/u],
  [CREATE, { model: 'grok-imagine-video', prompt: 'x', resolution: '1080p' }, 400, /1080p/u],
  [
    CREATE,
    { model: 'grok-imagine-video', prompt: 'x', reference_images: Array.from({ length: 8 }, () => ({})) },
    400,
    /reference_images/u,
  ],
  [CREATE, { model: 'sora-2', prompt: 'x' }, 404, /does not exist/u],
  ['/v1/videos/edits', { model: 'grok-imagine-video', prompt: 'x' }, 422, /missing field `video`/u],
  [
    '/v1/videos/extensions',
    { model: 'grok-imagine-video', prompt: 'x', video: {} },
    422,
    /missing field `video`/u,
  ],
] as const

test('xai: what is wrong with a create is said, and nothing is made', async (context) => {
  const { url, ledger } = await started(context)
  for (const [path, fields, status, words] of REFUSED) {
    const refused = await submit(url, fields, path)
    assert.equal(refused.status, status, JSON.stringify(fields))
    assert.match(String(fieldsOf(refused.body)['error']), words)
  }
  assert.equal(ledger.filter(({ accepted }) => accepted).length, 0)
  const video = { url: 'https://a.example/v.mp4' }
  for (const path of ['/v1/videos/edits', '/v1/videos/extensions'])
    assert.equal((await submit(url, { model: 'grok-imagine-video', prompt: 'x', video }, path)).status, 200)
  const picture = { model: 'grok-imagine-video-1.5', image: { url: 'https://a.example/1.png' } }
  assert.equal((await submit(url, picture)).status, 200)
})

test('xai: errors have three forms, and statuses that mislead', async (context) => {
  const simulator = await started(context, { keys: ['right'] })
  const { url } = simulator
  const wrong = await submit(url, { model: 'grok-imagine-video', prompt: 'x' })
  const code = 'Client specified an invalid argument'
  assert.deepEqual(wrong, { status: 400, body: { code, error: 'Incorrect API key provided.' } })
  const headers = { ...HEADERS, authorization: 'Bearer right' }
  const create = async (prompt: string): Promise<Answered> => {
    const body = JSON.stringify({ model: 'grok-imagine-video', prompt })
    return json(url + CREATE, { method: 'POST', headers, body })
  }
  const exhausted = 'Some resource has been exhausted'
  const fast = await create('[up:create=429]')
  assert.deepEqual(fast, { status: 429, body: { code: exhausted, error: 'Too many requests.' } })
  const poor = await create('[up:create=429][up:failed-code=insufficient_quota]')
  assert.match(String(fieldsOf(poor.body)['error']), /used all available credits/u)
  const blocked = await create('[up:create=403]')
  assert.equal(fieldsOf(blocked.body)['error'], 'Content violates usage guidelines.')
  const broken = await create('[up:create=500]')
  assert.equal(typeof fieldsOf(fieldsOf(broken.body)['error'])['message'], 'string')
  const unread = await json(url + CREATE, { method: 'POST', headers, body: '{' })
  assert.deepEqual([unread.status, Object.keys(fieldsOf(unread.body))], [400, ['error']])
  const none = await json(`${url}/v1/videos/nope`, { headers })
  assert.deepEqual([none.status, fieldsOf(none.body)['error']], [404, 'No request with this id.'])
  const { body } = await json(`${url}/v1/models`, { headers })
  assert.deepEqual(
    [fieldsOf(body)['data']].flat().map((one) => fieldsOf(one)['id']),
    ['grok-imagine-video', 'grok-imagine-video-1.5'],
  )
})
