import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { dialectContract } from '../../../test/dialect-contract.ts'
import type { Reply } from '../../../test/dialect-subject.ts'
import { fieldsOf } from '../../../test/test-client.ts'
import { TestClock } from '../../../test/test-clock.ts'
import type { Phase } from '../../phase.ts'
import { textField } from '../../request.ts'
import { startSimulator, type Simulator, type SimulatorOptions } from '../../simulator.ts'

const VERSION = { 'x-runway-version': '2024-11-06' }

const PHASES: Readonly<Record<string, Phase>> = {
  PENDING: 'queued',
  THROTTLED: 'queued',
  RUNNING: 'running',
  SUCCEEDED: 'done',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
}

const phaseOf = ({ body }: Reply): Phase | null => PHASES[String(fieldsOf(body)['status'])] ?? null

const TEXT = { model: 'gen4.5', ratio: '1280:720', duration: 5 }

dialectContract({
  dialect: 'runway',
  credentials: (key) => ({ authorization: `Bearer ${key}`, ...VERSION }),
  create: (promptText) => ({ method: 'POST', path: '/v1/text_to_video', json: { ...TEXT, promptText } }),
  idOf: ({ body }) => textField(fieldsOf(body), 'id'),
  poll: (id) => ({ path: `/v1/tasks/${id}` }),
  phaseOf,
  remove: (id) => ({ method: 'DELETE', path: `/v1/tasks/${id}` }),
  link: async (id, ask) => {
    const { body } = await ask({ path: `/v1/tasks/${id}` })
    const { output } = fieldsOf(body)
    return Array.isArray(output) ? String(output[0]) : ''
  },
})

type Answered = { status: number; body: Record<string, unknown> }

async function started(context: TestContext, options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await startSimulator({ dialect: 'runway', ...options })
  context.after(() => simulator.close())
  return simulator
}

const HEADERS = { authorization: 'Bearer any', 'content-type': 'application/json', ...VERSION }

async function json(url: string, init: RequestInit = {}): Promise<Answered> {
  const response = await fetch(url, { headers: HEADERS, ...init })
  const text = await response.text()
  return { status: response.status, body: text === '' ? {} : fieldsOf(JSON.parse(text)) }
}

async function submit(url: string, fields: object, kind = 'text_to_video'): Promise<Answered> {
  return json(`${url}/v1/${kind}`, { method: 'POST', body: JSON.stringify(fields) })
}

async function taskOf(url: string, promptText: string): Promise<string> {
  const { body } = await submit(url, { ...TEXT, promptText })
  return `${url}/v1/tasks/${String(body['id'])}`
}

test('runway: every status has its own fields', async (context) => {
  const { url, filesUrl } = await started(context)
  const created = await submit(url, {
    ...TEXT,
    promptText: '[up:status=PENDING,THROTTLED,RUNNING,SUCCEEDED]',
  })
  assert.equal(created.status, 200)
  assert.deepEqual(Object.keys(created.body), ['id', 'estimatedCost'])
  assert.deepEqual(created.body['estimatedCost'], { credits: 60 })
  const task = `${url}/v1/tasks/${String(created.body['id'])}`
  const seen: Record<string, unknown>[] = []
  for (let polls = 0; polls < 4; polls += 1) seen.push((await json(task)).body)
  const [pending, throttled, running, succeeded] = seen
  assert.match(String(pending!['createdAt']), /^\d{4}-\d\d-\d\dT.+Z$/u)
  assert.deepEqual(Object.keys(pending!), ['id', 'createdAt', 'status', 'estimatedCost'])
  assert.deepEqual([throttled!['status'], throttled!['progress']], ['THROTTLED', undefined])
  assert.deepEqual([running!['status'], running!['progress']], ['RUNNING', 0.5])
  assert.deepEqual(Object.keys(succeeded!), ['id', 'createdAt', 'status', 'cost', 'output'])
  const { output } = succeeded!
  assert.ok(Array.isArray(output) && output.length === 1)
  assert.ok(String(output[0]).startsWith(`${filesUrl}/`))
})

test('runway: failures are families of codes, and an end may lack its video', async (context) => {
  const { url } = await started(context)
  const cases = [
    ['[up:failed=rejected][up:failed-code=SAFETY.INPUT.TEXT]', 'SAFETY.INPUT.TEXT'],
    ['[up:failed=rejected]', 'INTERNAL.BAD_OUTPUT.CODE01'],
    ['[up:error=rejected]', 'INTERNAL'],
    ['[up:failed=rejected][up:failed-code=]', undefined],
  ] as const
  for (const [markers, code] of cases) {
    const { status, body } = await json(await taskOf(url, `[up:steps=failed]${markers}`))
    assert.deepEqual([status, body['status'], body['failureCode']], [200, 'FAILED', code], markers)
    assert.deepEqual([body['failure'], body['cost']], ['rejected', { credits: 0 }])
  }
  const { body } = await json(await taskOf(url, '[up:steps=done][up:no-url]'))
  assert.deepEqual([body['status'], body['output']], ['SUCCEEDED', []])
})

test('runway: each look gives a link that lives anew', async (context) => {
  const clock = new TestClock()
  const { url } = await started(context, { clock })
  const task = await taskOf(url, '[up:steps=done]')
  const linkOf = async (): Promise<string> => String([(await json(task)).body['output']].flat()[0])
  const first = await linkOf()
  clock.advance(24 * 3_600_000)
  assert.equal((await fetch(first)).status, 403)
  const second = await linkOf()
  assert.notEqual(second, first)
  assert.equal((await fetch(second)).status, 200)
})

test('runway: what is under way is cancelled and stays, what has ended is erased', async (context) => {
  const { url } = await started(context)
  const running = await taskOf(url, '[up:steps=running]')
  assert.deepEqual(await json(running, { method: 'DELETE' }), { status: 204, body: {} })
  const { body } = await json(running)
  assert.deepEqual([body['status'], body['cost']], ['CANCELLED', { credits: 0 }])
  const done = await taskOf(url, '[up:steps=done]')
  await json(done)
  assert.equal((await json(done, { method: 'DELETE' })).status, 204)
  assert.deepEqual(await json(done), { status: 404, body: { error: 'Task not found' } })
})

const REFUSED = [
  ['text_to_video', { ...TEXT }, 'promptText', 'invalid_type'],
  ['text_to_video', { ...TEXT, promptText: '' }, 'promptText', 'too_small'],
  ['text_to_video', { ...TEXT, promptText: 'x'.repeat(1001) }, 'promptText', 'too_big'],
  ['text_to_video', { ...TEXT, promptText: 'x', ratio: '16:9' }, 'ratio', 'invalid_enum_value'],
  ['text_to_video', { ...TEXT, promptText: 'x', duration: 11 }, 'duration', 'custom'],
  ['text_to_video', { ...TEXT, promptText: 'x', duration: '5' }, 'duration', 'invalid_type'],
  ['text_to_video', { ...TEXT, promptText: 'x', model: 'veo3.1', duration: 5 }, 'duration', 'invalid_union'],
  ['text_to_video', { ...TEXT, promptText: 'x', model: 'gen9' }, 'model', 'invalid_union_discriminator'],
  // Only from a picture.
  [
    'text_to_video',
    { ...TEXT, promptText: 'x', model: 'gen4_turbo' },
    'model',
    'invalid_union_discriminator',
  ],
  ['image_to_video', { ...TEXT, promptText: 'x', model: 'gen4_turbo' }, 'promptImage', 'invalid_type'],
  ['video_to_video', { model: 'aleph2' }, 'videoUri', 'invalid_type'],
  ['character_performance', { model: 'act_two', reference: {} }, 'character', 'invalid_type'],
] as const

test('runway: what is wrong with a create is told field by field, and nothing is made', async (context) => {
  const { url, ledger } = await started(context)
  for (const [kind, fields, field, code] of REFUSED) {
    const { status, body } = await submit(url, fields, kind)
    assert.deepEqual([status, body['error']], [400, 'Validation of body failed'])
    const [issue] = [body['issues']].flat()
    assert.deepEqual([fieldsOf(issue)['path'], fieldsOf(issue)['code']], [[field], code])
  }
  assert.equal(ledger.filter(({ accepted }) => accepted).length, 0)
  const picture = { model: 'gen4_turbo', promptImage: 'https://a.example/x.png', ratio: '1584:672' }
  assert.equal((await submit(url, picture, 'image_to_video')).status, 200)
})

test('runway: the version is wanted, and errors are sentences', async (context) => {
  const { url, ledger } = await started(context, { keys: ['right'] })
  const right = { authorization: 'Bearer right', 'content-type': 'application/json' }
  const body = JSON.stringify({ ...TEXT, promptText: 'x' })
  const create = async (headers: Record<string, string>): Promise<Answered> =>
    json(`${url}/v1/text_to_video`, { method: 'POST', headers, body })
  const old = await create({ ...right, 'x-runway-version': '2023-01-01' })
  assert.equal(old.status, 400)
  assert.match(String(old.body['error']), /X-Runway-Version/u)
  assert.equal((await create({ ...right, authorization: 'Bearer wrong' })).status, 401)
  assert.equal(ledger.filter(({ accepted }) => accepted).length, 0)
})

test('runway: a 429 is the quota of a day, and missing money a 400', async (context) => {
  const simulator = await started(context)
  const { url } = simulator
  const fields = { ...TEXT, promptText: 'x' }
  simulator.fault({ point: 'create', fault: '429' })
  const full = await submit(url, fields)
  assert.equal(full.status, 429)
  assert.match(String(full.body['error']), /daily limit/u)
  const poor = await submit(url, {
    ...fields,
    promptText: '[up:create=400][up:failed-code=insufficient_quota]',
  })
  assert.deepEqual(poor, { status: 400, body: { error: 'You do not have enough credits to run this task.' } })
  assert.equal((await json(`${url}/v1/tasks/x`, { method: 'PUT' })).status, 405)
  assert.equal((await json(`${url}/v1/nothing`)).status, 404)
})

test('runway: the account tells its credits and what was made today', async (context) => {
  const { url } = await started(context)
  await taskOf(url, 'one')
  const { body } = await json(`${url}/v1/organization`)
  assert.equal(typeof body['creditBalance'], 'number')
  const used = fieldsOf(fieldsOf(fieldsOf(body['usage'])['models'])['gen4.5'])
  assert.deepEqual(used, { dailyGenerations: 1 })
})
