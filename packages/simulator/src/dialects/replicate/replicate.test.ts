import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import { dialectContract } from '../../../test/dialect-contract.ts'
import type { Reply } from '../../../test/dialect-subject.ts'
import { fieldsOf } from '../../../test/test-client.ts'
import { TestClock } from '../../../test/test-clock.ts'
import type { CallbackRecord } from '../../callback-record.ts'
import type { Phase } from '../../phase.ts'
import { textField } from '../../request.ts'
import type { Secrets } from '../../secrets.ts'
import { startSimulator, type Simulator, type SimulatorOptions } from '../../simulator.ts'

/** A test that waits for what does not come fails. */
const TIMEOUT_MS = 10_000

const MODEL = '/v1/models/google/veo-3.1/predictions'
const HASH = '632231d0d49d34d5c4633bd838aee3d81d936e59a886fbf28524702003b4c532'

const PHASES: Readonly<Record<string, Phase>> = {
  starting: 'queued',
  processing: 'running',
  succeeded: 'done',
  failed: 'failed',
  canceled: 'cancelled',
  aborted: 'error',
}

const phaseOf = ({ body }: Reply): Phase | null => PHASES[String(fieldsOf(body)['status'])] ?? null

/** As its page on webhooks says it is verified. */
function isSigned({ headers, body }: CallbackRecord, { hmac }: Secrets): boolean {
  const key = Buffer.from(hmac.slice('whsec_'.length), 'base64')
  const message = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`
  const signature = createHmac('sha256', key).update(message).digest('base64')
  return headers['webhook-signature']?.split(' ').includes(`v1,${signature}`) ?? false
}

const ALL_EVENTS = ['start', 'output', 'logs', 'completed']

dialectContract({
  dialect: 'replicate',
  credentials: (key) => ({ authorization: `Bearer ${key}` }),
  create: (prompt, { callbackUrl: webhook }) => ({
    method: 'POST',
    path: MODEL,
    json: {
      input: { prompt },
      ...(webhook === undefined ? {} : { webhook, webhook_events_filter: ALL_EVENTS }),
    },
  }),
  idOf: ({ body }) => textField(fieldsOf(body), 'id'),
  poll: (id) => ({ path: `/v1/predictions/${id}` }),
  phaseOf,
  cancel: (id) => ({ method: 'POST', path: `/v1/predictions/${id}/cancel` }),
  link: async (id, ask) => String(fieldsOf((await ask({ path: `/v1/predictions/${id}` })).body)['output']),
  verify: isSigned,
})

type Answered = { status: number; body: Record<string, unknown> }

async function started(context: TestContext, options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await startSimulator({ dialect: 'replicate', ...options })
  context.after(() => simulator.close())
  return simulator
}

const HEADERS = { authorization: 'Bearer any', 'content-type': 'application/json' }

async function json(url: string, init: RequestInit = {}): Promise<Answered> {
  const response = await fetch(url, { headers: HEADERS, ...init })
  return { status: response.status, body: fieldsOf(await response.json()) }
}

async function submit(url: string, fields: object, path = MODEL, headers: object = {}): Promise<Answered> {
  const init = { method: 'POST', headers: { ...HEADERS, ...headers }, body: JSON.stringify(fields) }
  return json(url + path, init)
}

/** Where to ask for a prediction with this prompt. */
async function predictionOf(url: string, prompt: string): Promise<string> {
  const { body } = await submit(url, { input: { prompt } })
  return String(fieldsOf(body['urls'])['get'])
}

test('replicate: a prediction of a model, from its create to one link', async (context) => {
  const { url, filesUrl } = await started(context)
  const input = { prompt: 'a fox', duration: 8 }
  const { status, body } = await submit(url, { input })
  const id = String(body['id'])
  assert.match(id, /^[a-z2-7]{26}$/u)
  assert.equal(status, 201)
  assert.deepEqual(
    { ...body, created_at: typeof body['created_at'] },
    {
      id,
      model: 'google/veo-3.1',
      version: 'hidden',
      input,
      output: null,
      logs: '',
      data_removed: false,
      error: null,
      source: 'api',
      status: 'starting',
      created_at: 'string',
      urls: {
        get: `${url}/v1/predictions/${id}`,
        cancel: `${url}/v1/predictions/${id}/cancel`,
        web: `https://replicate.com/p/${id}`,
      },
    },
  )
  const seen = []
  for (let polls = 0; polls < 3; polls += 1) seen.push((await json(`${url}/v1/predictions/${id}`)).body)
  assert.deepEqual(
    seen.map((one) => [one['status'], typeof one['started_at'], typeof one['completed_at']]),
    [
      ['starting', 'string', 'undefined'],
      ['processing', 'string', 'undefined'],
      ['succeeded', 'string', 'string'],
    ].map((row, index) => (index === 0 ? ['starting', 'undefined', 'undefined'] : row)),
  )
  assert.match(String(seen[1]!['logs']), /^ 50%\|/u)
  assert.ok(String(seen[2]!['output']).startsWith(`${filesUrl}/`))
  assert.deepEqual(Object.keys(fieldsOf(seen[2]!['metrics'])), ['predict_time', 'total_time'])
})

test('replicate: a version gives a list, and may be named with its model', async (context) => {
  const { url, ledger } = await started(context)
  for (const version of [HASH, `lucataco/animate:${HASH}`]) {
    const fields = { version, input: { prompt: '[up:steps=done]' } }
    const { status, body } = await submit(url, fields, '/v1/predictions')
    assert.deepEqual([status, body['version']], [201, HASH])
    const done = await json(String(fieldsOf(body['urls'])['get']))
    const { output, model } = done.body
    assert.ok(Array.isArray(output) && output.length === 1)
    assert.equal(model, version === HASH ? 'simulated/model' : 'lucataco/animate')
  }
  assert.deepEqual(
    ledger.map(({ model }) => model),
    [HASH, 'lucataco/animate'],
  )
})

const REFUSED = [
  [MODEL, {}, 422, 'input'],
  [MODEL, { input: {} }, 422, 'input'],
  [MODEL, { input: { prompt: 'x', duration: 5 } }, 422, 'input.duration'],
  [MODEL, { input: { prompt: 'x' }, webhook: 'nowhere' }, 422, 'webhook'],
  [MODEL, { input: { prompt: 'x' }, webhook_events_filter: ['end'] }, 422, 'webhook_events_filter'],
  ['/v1/models/kwaivgi/kling-v2.1/predictions', { input: { prompt: 'x' } }, 422, 'input'],
] as const

test('replicate: what is wrong with a create is a text and a list, and nothing is made', async (context) => {
  const { url, ledger } = await started(context)
  for (const [path, fields, status, field] of REFUSED) {
    const refused = await submit(url, fields, path)
    assert.deepEqual([refused.status, refused.body['title']], [status, 'Input validation failed'])
    const [first] = [refused.body['invalid_fields']].flat()
    assert.equal(fieldsOf(first)['field'], field)
    assert.match(String(refused.body['detail']), new RegExp(`^- ${field}: `, 'u'))
  }
  const version = await submit(url, { version: 'latest', input: {} }, '/v1/predictions')
  assert.deepEqual([version.status, version.body['title']], [422, 'Invalid version or not permitted'])
  assert.equal(ledger.filter(({ accepted }) => accepted).length, 0)
})

test('replicate: the rare ends, and errors that are plain texts', async (context) => {
  const { url } = await started(context)
  const flagged = '[up:steps=failed][up:failed=The input was flagged as sensitive.][up:failed-code=E005]'
  const cases = [
    ['[up:steps=error]', 'aborted', null],
    ['[up:status=starting,aborted]', 'starting', null],
    ['[up:steps=cancelled]', 'canceled', null],
    ['[up:steps=failed][up:failed=out of memory]', 'failed', 'out of memory'],
    [flagged, 'failed', 'The input was flagged as sensitive. (E005)'],
  ] as const
  for (const [prompt, status, error] of cases) {
    const { body } = await json(await predictionOf(url, prompt))
    assert.deepEqual([body['status'], body['error'], body['output']], [status, error, null])
  }
  const aborted = await predictionOf(url, '[up:status=starting,aborted]')
  await json(aborted)
  assert.equal((await json(aborted)).body['status'], 'aborted')
})

test('replicate: an hour after its end a prediction has neither input nor output', async (context) => {
  const clock = new TestClock()
  const { url } = await started(context, { clock })
  const prediction = await predictionOf(url, '[up:steps=done]')
  const link = String((await json(prediction)).body['output'])
  clock.advance(3_599_000)
  assert.equal((await json(prediction)).body['data_removed'], false)
  assert.equal((await fetch(link)).status, 200)
  clock.advance(1_000)
  const { body } = await json(prediction)
  assert.deepEqual(
    [body['status'], body['data_removed'], body['input'], body['output']],
    ['succeeded', true, {}, null],
  )
  assert.equal((await fetch(link)).status, 403)
})

test('replicate: a cancel shows at once, and comes too late for what has ended', async (context) => {
  const { url } = await started(context)
  const cancel = async (prediction: string): Promise<Answered> =>
    json(`${prediction}/cancel`, { method: 'POST' })
  const running = await predictionOf(url, '[up:steps=running]')
  await json(running)
  const told = await cancel(running)
  assert.deepEqual([told.status, told.body['status']], [200, 'canceled'])
  assert.equal((await json(running)).body['status'], 'canceled')
  const done = await predictionOf(url, '[up:steps=done]')
  await json(done)
  assert.equal((await cancel(done)).body['status'], 'succeeded')
})

test(
  'replicate: a create waits for the result as long as it is asked to',
  { timeout: TIMEOUT_MS },
  async (context) => {
    const clock = new TestClock()
    const { url } = await started(context, { clock, render: { kind: 'timed', speed: 1 } })
    const fields = { input: { prompt: '[up:render=16s]' } }
    const impatient = submit(url, fields, MODEL, { prefer: 'wait=5' })
    // It wakes when the waiting is over, or where it was told to.
    await clock.untilSleeping(2_000)
    clock.advance(2_000)
    await clock.untilSleeping(3_000)
    clock.advance(3_000)
    assert.equal((await impatient).body['status'], 'processing')
    const patient = submit(url, fields, MODEL, { prefer: 'wait' })
    await clock.untilSleeping(2_000)
    clock.advance(2_000)
    await clock.untilSleeping(14_000)
    clock.advance(14_000)
    const { status, body } = await patient
    assert.deepEqual([status, body['status'], typeof body['output']], [201, 'succeeded', 'string'])
    assert.equal((await submit(url, fields)).body['status'], 'starting')
  },
)

test(
  'replicate: only the events that were asked for are told, by default the end',
  { timeout: TIMEOUT_MS },
  async (context) => {
    const received: string[] = []
    const taken: typeof globalThis.fetch = async (_url, init) => {
      assert.ok(typeof init?.body === 'string')
      received.push(textField(fieldsOf(JSON.parse(init.body)), 'status'))
      return new Response('', { status: 200 })
    }
    const simulator = await started(context, { fetch: taken })
    const cases = [
      [undefined, ['succeeded']],
      [['completed'], ['succeeded']],
      [
        ['start', 'completed'],
        ['starting', 'succeeded'],
      ],
      [['logs'], ['processing']],
    ] as const
    for (const [filter, statuses] of cases) {
      received.length = 0
      const { body } = await submit(simulator.url, {
        input: { prompt: 'a fox' },
        webhook: 'http://127.0.0.1:1/hook',
        ...(filter === undefined ? {} : { webhook_events_filter: filter }),
      })
      for (let polls = 0; polls < 3; polls += 1) await json(String(fieldsOf(body['urls'])['get']))
      const mine = (record: CallbackRecord): boolean =>
        record.taskId === body['id'] && record.accepted === true
      await simulator.untilCallback(mine, statuses.length)
      assert.deepEqual(received, statuses)
    }
  },
)

const refusing: typeof globalThis.fetch = async () => new Response('', { status: 500 })

test('replicate: a callback of the middle is not tried again', { timeout: TIMEOUT_MS }, async (context) => {
  const clock = new TestClock()
  const simulator = await started(context, { fetch: refusing, clock })
  const { body } = await submit(simulator.url, {
    input: { prompt: '[up:steps=queued,running]' },
    webhook: 'http://127.0.0.1:1/hook',
    webhook_events_filter: ['start', 'logs'],
  })
  const id = String(body['id'])
  const first = await simulator.untilCallback((record) => record.taskId === id && record.accepted !== null)
  assert.deepEqual([first.phase, first.accepted], ['queued', false])
  const ended = await simulator.callback(id, { phase: 'running' })
  assert.deepEqual([ended.attempt, ended.accepted], [1, false])
  clock.advance(120_000)
  assert.equal(simulator.callbacks.length, 2)
})

test('replicate: the secret, while it is changed, and a key set that is down', async (context) => {
  const simulator = await started(context)
  const { url, secrets } = simulator
  assert.deepEqual((await json(`${url}/v1/webhooks/default/secret`)).body, { key: secrets.hmac })
  const { body } = await submit(url, { input: { prompt: 'x' }, webhook: 'http://127.0.0.1:1/hook' })
  const record = await simulator.callback(String(body['id']), { phase: 'queued', faults: 'rotated' })
  assert.equal(record.headers['webhook-signature']?.split(' ').length, 2)
  assert.equal(isSigned(record, secrets), true)
  assert.equal(isSigned(record, { ...secrets, hmac: secrets.previous.hmac }), true)
})

test('replicate: files, the list, the account and errors', async (context) => {
  const simulator = await started(context)
  const { url } = simulator
  const form = new FormData()
  form.append('content', new Blob(['abc'], { type: 'image/png' }), 'first.png')
  const headers = { authorization: 'Bearer any' }
  const file = await json(`${url}/v1/files`, { method: 'POST', headers, body: form })
  assert.deepEqual([file.status, file.body['name'], file.body['size']], [201, 'first.png', 3])
  assert.ok(String(fieldsOf(file.body['urls'])['get']).startsWith(`${url}/v1/files/`))
  const bare = await json(`${url}/v1/files`, { method: 'POST', headers, body: new FormData() })
  assert.equal(bare.status, 400)
  for (const prompt of ['one', 'two']) await submit(url, { input: { prompt } })
  const { body } = await json(`${url}/v1/predictions`)
  const prompts = [body['results']].flat().map((one) => fieldsOf(fieldsOf(one)['input'])['prompt'])
  assert.deepEqual([prompts, body['next']], [['two', 'one'], null])
  assert.equal((await json(`${url}/v1/account`)).body['username'], 'simulated')
  simulator.fault({ point: 'create', fault: '429' })
  const throttled = await submit(url, { input: { prompt: 'x' } })
  assert.deepEqual(
    [throttled.status, throttled.body['detail']],
    [429, 'Request was throttled. Your rate limit resets in ~30s.'],
  )
  assert.equal((await json(`${url}/v1/predictions/nope`)).status, 404)
})
