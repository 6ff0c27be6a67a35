import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { dialectContract } from '../../../test/dialect-contract.ts'
import type { Reply } from '../../../test/dialect-subject.ts'
import { ask, fieldsOf } from '../../../test/test-client.ts'
import { TestClock } from '../../../test/test-clock.ts'
import type { Phase } from '../../phase.ts'
import { startSimulator, type Simulator, type SimulatorOptions } from '../../simulator.ts'

const CREATE = '/api/v1/services/aigc/video-generation/video-synthesis'
const TASKS = '/api/v1/tasks'
const HOUR_MS = 3_600_000
const ASYNC = { 'x-dashscope-async': 'enable' }

const PHASES: Readonly<Record<string, Phase>> = {
  PENDING: 'queued',
  RUNNING: 'running',
  SUCCEEDED: 'done',
  FAILED: 'failed',
  CANCELED: 'cancelled',
}

const recordOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? fieldsOf(value) : {}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

const outputOf = ({ body }: Pick<Reply, 'body'>): Record<string, unknown> =>
  recordOf(recordOf(body)['output'])

const bodyOf = (prompt: string, model = 'wan2.6-t2v'): object => ({
  model,
  input: { prompt },
  parameters: { size: '1280*720', duration: 5 },
})

dialectContract({
  dialect: 'dashscope',
  credentials: (key) => ({ authorization: `Bearer ${key}` }),
  create: (prompt) => ({ method: 'POST', path: CREATE, headers: ASYNC, json: bodyOf(prompt) }),
  idOf: (reply) => textOf(outputOf(reply)['task_id']),
  poll: (id) => ({ path: `${TASKS}/${id}` }),
  phaseOf: (reply) => PHASES[textOf(outputOf(reply)['task_status'])] ?? null,
  cancel: (id) => ({ method: 'POST', path: `${TASKS}/${id}/cancel` }),
  link: async (id, asker) => textOf(outputOf(await asker({ path: `${TASKS}/${id}` }))['video_url']),
})

async function started(context: TestContext, options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await startSimulator({ dialect: 'dashscope', ...options })
  context.after(() => simulator.close())
  return simulator
}

type Seen = { status: number; body: Record<string, unknown> }

async function seen(work: Promise<{ status: number; body: unknown }>): Promise<Seen> {
  const { status, body } = await work
  return { status, body: fieldsOf(body) }
}

const asked = (url: string, path: string, method = 'GET'): Promise<Seen> => seen(ask(url + path, { method }))

function submit(
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = ASYNC,
): Promise<Seen> {
  const all = { 'content-type': 'application/json', ...headers }
  return seen(ask(`${url}${CREATE}`, { method: 'POST', headers: all, body: JSON.stringify(body) }))
}

async function idOf(url: string, prompt: string, model?: string): Promise<string> {
  const reply = await submit(url, bodyOf(prompt, model))
  assert.equal(reply.status, 200, JSON.stringify(reply.body))
  return textOf(outputOf(reply)['task_id'])
}

test('dashscope: times appear as they are known, in a zone that nobody names', async (context) => {
  const clock = new TestClock()
  const { url, filesUrl } = await started(context, { clock })
  const reply = await submit(url, bodyOf('a boat'))
  const { task_id: id } = outputOf(reply)
  assert.deepEqual(reply.body['output'], { task_status: 'PENDING', task_id: id })
  const path = `${TASKS}/${textOf(id)}`
  const submitted = '2026-09-21 22:13:20.000'
  assert.deepEqual((await asked(url, path)).body['output'], {
    task_id: id,
    task_status: 'PENDING',
    submit_time: submitted,
  })
  assert.deepEqual((await asked(url, path)).body['output'], {
    task_id: id,
    task_status: 'RUNNING',
    submit_time: submitted,
    scheduled_time: submitted,
  })
  clock.advance(60_500)
  const { output, usage } = (await asked(url, path)).body
  const { video_url: link, ...done } = fieldsOf(output)
  assert.ok(textOf(link).startsWith(`${filesUrl}/`))
  assert.deepEqual(done, {
    task_id: id,
    task_status: 'SUCCEEDED',
    submit_time: submitted,
    scheduled_time: submitted,
    end_time: '2026-09-21 22:14:20.500',
    orig_prompt: 'a boat',
    actual_prompt: 'a boat',
  })
  assert.deepEqual(usage, {
    duration: 5,
    input_video_duration: 0,
    output_video_duration: 5,
    video_count: 1,
    SR: 720,
    size: '1280*720',
  })
})

test('dashscope: a failed task is a 200 with its code, an unknown one a 200 with its id', async (context) => {
  const { url } = await started(context)
  const failed = await idOf(url, '[up:steps=failed][up:failed=unfit]')
  const reply = await asked(url, `${TASKS}/${failed}`)
  const { code, message, task_status: status } = outputOf(reply)
  assert.deepEqual([reply.status, status, code, message], [200, 'FAILED', 'DataInspectionFailed', 'unfit'])
  const broken = await idOf(url, '[up:steps=error][up:failed-code=InternalError.Algo]')
  assert.equal(outputOf(await asked(url, `${TASKS}/${broken}`))['code'], 'InternalError.Algo')
  const none = await asked(url, `${TASKS}/nobody`)
  assert.equal(none.status, 200)
  assert.deepEqual(none.body['output'], { task_id: 'nobody', task_status: 'UNKNOWN' })
  const suspended = await idOf(url, '[up:status=SUSPENDED]')
  assert.equal(outputOf(await asked(url, `${TASKS}/${suspended}`))['task_status'], 'SUSPENDED')
})

test('dashscope: a day after its end a task is unknown and its link dead', async (context) => {
  const clock = new TestClock()
  const { url } = await started(context, { clock })
  const done = await idOf(url, '[up:steps=done]')
  const running = await idOf(url, '[up:steps=running]')
  const statusOf = async (id: string): Promise<unknown> =>
    outputOf(await asked(url, `${TASKS}/${id}`))['task_status']
  const link = textOf(outputOf(await asked(url, `${TASKS}/${done}`))['video_url'])
  clock.advance(24 * HOUR_MS)
  assert.deepEqual([await statusOf(done), await statusOf(running)], ['SUCCEEDED', 'RUNNING'])
  assert.equal((await fetch(link)).status, 403)
  clock.advance(1)
  assert.deepEqual([await statusOf(done), await statusOf(running)], ['UNKNOWN', 'RUNNING'])
})

test('dashscope: only what is pending can be cancelled', async (context) => {
  const { url } = await started(context)
  const running = await idOf(url, '[up:steps=running]')
  await asked(url, `${TASKS}/${running}`)
  for (const id of [running, 'nobody']) {
    const { status, body } = await asked(url, `${TASKS}/${id}/cancel`, 'POST')
    assert.deepEqual([status, body['code']], [400, 'UnsupportedOperation'])
  }
  const pending = await idOf(url, 'stop')
  const { status, body } = await asked(url, `${TASKS}/${pending}/cancel`, 'POST')
  assert.deepEqual([status, Object.keys(body)], [200, ['request_id']])
})

test('dashscope: a create that is not asynchronous is refused, and so is a missing key', async (context) => {
  const { url, ledger } = await started(context, { keys: ['right'] })
  const right = { authorization: 'Bearer right' }
  const sync = await submit(url, bodyOf('a boat'), right)
  assert.deepEqual([sync.status, sync.body['code']], [403, 'AccessDenied'])
  assert.match(textOf(sync.body['message']), /does not support synchronous calls/u)
  const said = async (headers: Readonly<Record<string, string>>): Promise<unknown[]> => {
    const { status, body } = await submit(url, bodyOf('a boat'), { ...ASYNC, ...headers })
    return [status, body['code'], body['message']]
  }
  assert.deepEqual(await said({ authorization: '' }), [401, 'InvalidApiKey', 'No API-key provided.'])
  assert.deepEqual(await said({}), [401, 'InvalidApiKey', 'Invalid API-key provided.'])
  assert.ok(ledger.every(({ accepted }) => !accepted))
  assert.equal((await said(right))[0], 200)
})

const PICTURE = 'https://a.example/a.png'
const REFUSED: readonly [string, object, number, string, RegExp][] = [
  ['no model', { input: { prompt: 'x' } }, 400, 'InvalidParameter', /"model"/u],
  ['a model nobody has', bodyOf('x', 'wan1'), 404, 'ModelNotFound', /not exist/u],
  ['no prompt', bodyOf(' '), 400, 'InvalidParameter', /input\.prompt/u],
  ['no picture', { model: 'wan2.6-i2v', input: { prompt: 'x' } }, 400, 'InvalidParameter', /img_url/u],
  [
    'no references',
    { model: 'wan2.7-r2v', input: { prompt: 'x' } },
    400,
    'InvalidParameter',
    /reference_urls/u,
  ],
  [
    'a picture of no kind',
    { model: 'wan2.7-i2v', input: { media: [{ type: 'image', url: PICTURE }] } },
    400,
    'InvalidParameter',
    /media\[0\]\.type/u,
  ],
  [
    'a size with an x',
    { model: 'wan2.6-t2v', input: { prompt: 'x' }, parameters: { size: '1280x720' } },
    400,
    'InvalidParameter',
    /size/u,
  ],
  [
    'a tier in small letters',
    { model: 'wan2.7-t2v', input: { prompt: 'x' }, parameters: { resolution: '720p' } },
    400,
    'InvalidParameter',
    /720P/u,
  ],
  [
    'a ratio nobody has',
    { model: 'wan2.7-t2v', input: { prompt: 'x' }, parameters: { ratio: '21:9' } },
    400,
    'InvalidParameter',
    /ratio/u,
  ],
  [
    'a length between',
    { model: 'wan2.5-t2v-preview', input: { prompt: 'x' }, parameters: { duration: 7 } },
    400,
    'InvalidParameter',
    /5 or 10/u,
  ],
  [
    'a seed below zero',
    { model: 'wan2.6-t2v', input: { prompt: 'x' }, parameters: { seed: -1 } },
    400,
    'InvalidParameter',
    /seed/u,
  ],
]

for (const [name, body, status, code, message] of REFUSED) {
  test(`dashscope: ${name} is refused as ${code}`, async (context) => {
    const { url, ledger } = await started(context)
    const reply = await submit(url, body)
    assert.deepEqual([reply.status, reply.body['code']], [status, code])
    assert.match(textOf(reply.body['message']), message)
    assert.equal(ledger[0]!.accepted, false)
  })
}

const media = (type: string): object => ({ media: [{ type, url: PICTURE }] })

test('dashscope: pictures go with each generation of models in its own way', async (context) => {
  const { url } = await started(context)
  for (const [model, input] of [
    ['wan2.6-i2v', { img_url: 'aGVsbG8=' }],
    ['wan2.6-r2v', { reference_urls: [PICTURE] }],
    ['wan2.7-i2v', media('first_frame')],
    ['wan2.7-r2v', media('reference_image')],
    ['wan3.0-video', media('last_frame')],
  ] as const) {
    assert.equal((await submit(url, { model, input })).status, 200, model)
  }
})

test('dashscope: more than 20 looks in a second are throttled, where limits count', async (context) => {
  const clock = new TestClock()
  const { url } = await started(context, { clock, limits: true })
  const id = await idOf(url, '[up:steps=running]')
  const look = async (): Promise<unknown[]> => {
    const { status, body } = await asked(url, `${TASKS}/${id}`)
    return [status, body['code']]
  }
  for (let looks = 0; looks < 10; looks += 1) assert.deepEqual(await look(), [200, undefined])
  clock.advance(500)
  for (let looks = 0; looks < 10; looks += 1) assert.deepEqual(await look(), [200, undefined])
  assert.deepEqual(await look(), [429, 'Throttling.RateQuota'])
  assert.equal((await asked(url, `${TASKS}/`)).status, 429)
  clock.advance(500)
  for (let looks = 0; looks < 10; looks += 1) assert.deepEqual(await look(), [200, undefined])
  assert.deepEqual(await look(), [429, 'Throttling.RateQuota'])
  const open = await started(context, { clock })
  for (let looks = 0; looks < 21; looks += 1) assert.equal((await asked(open.url, `${TASKS}/x`)).status, 200)
})

test('dashscope: other refusals have their codes', async (context) => {
  const { url } = await started(context)
  for (const [markers, status, code] of [
    ['[up:create=429]', 429, 'Throttling.RateQuota'],
    ['[up:create=429][up:failed-code=Throttling.AllocationQuota]', 429, 'Throttling.AllocationQuota'],
    ['[up:create=400][up:failed-code=Arrearage]', 400, 'Arrearage'],
    ['[up:create=403][up:failed-code=Model.AccessDenied]', 403, 'Model.AccessDenied'],
    ['[up:create=500]', 500, 'InternalError'],
  ] as const) {
    const reply = await submit(url, bodyOf(markers))
    assert.deepEqual([reply.status, reply.body['code']], [status, code])
  }
})

test('dashscope: the list has pages and filters', async (context) => {
  const clock = new TestClock()
  const { url } = await started(context, { clock })
  const first = await idOf(url, '[up:steps=done]')
  await asked(url, `${TASKS}/${first}`)
  clock.advance(60_000)
  const second = await idOf(url, 'b', 'wan2.5-t2v-preview')
  const third = await idOf(url, 'c')
  const listed = async (query: string): Promise<[unknown, unknown, unknown[]]> => {
    const { total, total_page: pages, data } = (await asked(url, `${TASKS}/?${query}`)).body
    assert.ok(Array.isArray(data))
    return [total, pages, data.map((item) => fieldsOf(item)['task_id'])]
  }
  assert.deepEqual(await listed(''), [3, 1, [third, second, first]])
  assert.deepEqual(await listed('page_no=2&page_size=2'), [3, 2, [first]])
  assert.deepEqual(await listed('status=SUCCEEDED'), [1, 1, [first]])
  assert.deepEqual(await listed('model_name=wan2.5-t2v-preview'), [1, 1, [second]])
  assert.deepEqual(await listed(`task_id=${third}`), [1, 1, [third]])
  assert.deepEqual(await listed('end_time=20260921221350'), [1, 1, [first]])
  assert.deepEqual(await listed('start_time=20260921221350'), [2, 1, [third, second]])
  for (const query of ['page_size=101', 'page_no=0', 'start_time=yesterday'])
    assert.equal((await asked(url, `${TASKS}/?${query}`)).status, 400)
})

test('dashscope: the event names the task and how it ended, and nothing else', async (context) => {
  const simulator = await started(context, { callbackUrl: 'http://127.0.0.1:9/hook', clock: new TestClock() })
  const id = await idOf(simulator.url, '[up:steps=done][up:callback=lost]')
  const sent = simulator.callback(id, { phase: 'done' })
  const { body } = await simulator.untilCallback(() => true)
  const { type, data } = fieldsOf(JSON.parse(body))
  assert.equal(type, 'dashscope:System:AsyncTaskFinish')
  assert.deepEqual(data, { task_id: id, task_status: 'SUCCEEDED' })
  await simulator.close()
  await sent.catch(() => undefined)
})
