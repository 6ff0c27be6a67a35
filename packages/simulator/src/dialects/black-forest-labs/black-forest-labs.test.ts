import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { dialectContract } from '../../../test/dialect-contract.ts'
import type { Reply } from '../../../test/dialect-subject.ts'
import { fieldsOf } from '../../../test/test-client.ts'
import type { Phase } from '../../phase.ts'
import { listField, recordField, textField } from '../../request.ts'
import { startSimulator, type Simulator, type SimulatorOptions } from '../../simulator.ts'

const MODEL = '/v1/flux-3-video'

const PHASES: Readonly<Record<string, Phase>> = { Pending: 'running', Ready: 'done', Error: 'failed' }

const poll = (id: string): { path: string } => ({ path: `/v1/get_result?id=${id}` })

function phaseOf({ status, body }: Reply): Phase | null {
  return status === 200 ? (PHASES[String(fieldsOf(body)['status'])] ?? null) : null
}

dialectContract({
  dialect: 'black-forest-labs',
  credentials: (key) => ({ 'x-key': key }),
  create: (prompt) => ({ method: 'POST', path: MODEL, json: { mode: 't2v', prompt } }),
  idOf: ({ body }) => textField(recordField({ body }, 'body'), 'id'),
  poll,
  phaseOf,
  hidden: ['queued'],
  link: async (id, ask) => {
    const { body } = await ask(poll(id))
    return String(fieldsOf(fieldsOf(body)['result'])['sample'])
  },
})

interface Opened {
  readonly simulator: Simulator
  readonly create: (
    fields: object,
    key?: string,
  ) => Promise<{ status: number; body: Record<string, unknown> }>
  readonly look: (id: unknown) => Promise<Record<string, unknown>>
}

async function opened(context: TestContext, options: SimulatorOptions = {}): Promise<Opened> {
  const simulator = await startSimulator({ dialect: 'black-forest-labs', ...options })
  context.after(() => simulator.close())
  const { url } = simulator
  return {
    simulator,
    create: async (fields, key = 'k') => {
      const headers = { 'x-key': key, 'content-type': 'application/json' }
      const response = await fetch(url + MODEL, { method: 'POST', headers, body: JSON.stringify(fields) })
      return { status: response.status, body: fieldsOf(await response.json()) }
    },
    look: async (id) => {
      const response = await fetch(url + poll(String(id)).path, { headers: { 'x-key': 'k' } })
      return fieldsOf(await response.json())
    },
  }
}

test('black-forest-labs: a create says where to ask, and the end where the video is', async (context) => {
  const { simulator, create, look } = await opened(context)
  const { body } = await create({ mode: 't2v', prompt: 'a fox', duration: 10 })
  const { id } = body
  assert.deepEqual(
    [body['polling_url'], body['cost']],
    [`${simulator.url}/v1/get_result?id=${String(id)}`, 25],
  )
  const nothing = { result: null, details: null, preview: null }
  assert.deepEqual(await look(id), { id, status: 'Pending', progress: null, ...nothing })
  assert.deepEqual(await look(id), { id, status: 'Pending', progress: 0.5, ...nothing })
  const { status, result, cost } = await look(id)
  assert.deepEqual([status, cost], ['Ready', 25])
  const { sample, duration, prompt } = fieldsOf(result)
  assert.deepEqual([duration, prompt], [10, 'a fox'])
  assert.ok(String(sample).startsWith(simulator.filesUrl))
})

test('black-forest-labs: a link is good for ten minutes', async (context) => {
  const { create, look } = await opened(context)
  const { body } = await create({ mode: 't2v', prompt: '[up:steps=done]' })
  const { result } = await look(body['id'])
  const expires = Number(new URL(String(fieldsOf(result)['sample'])).searchParams.get('expires'))
  const endMs = Number(fieldsOf(result)['end_time']) * 1000
  assert.equal(Math.round(expires - endMs), 600_000)
})

const ENDS = [
  ['request_moderated', 'Request Moderated', 'no'],
  ['content_moderated', 'Content Moderated', 'no'],
  ['gpu', 'Error', { error: 'no', code: 'gpu' }],
] as const

for (const [code, status, details] of ENDS) {
  test(`black-forest-labs: a failure with the code ${code} is told as ${status}`, async (context) => {
    const { create, look } = await opened(context)
    const prompt = `[up:steps=failed][up:failed=no][up:failed-code=${code}]`
    const { body } = await create({ mode: 't2v', prompt })
    const told = await look(body['id'])
    assert.deepEqual([told['status'], told['details'], told['result']], [status, details, null])
  })
}

test('black-forest-labs: a look may say state, and what is unknown has a status', async (context) => {
  const { create, look } = await opened(context)
  const { body } = await create({ mode: 't2v', prompt: '[up:state-key]' })
  const told = await look(body['id'])
  assert.deepEqual([told['state'], told['status']], ['Pending', undefined])
  assert.equal((await look('none'))['status'], 'Task not found')
})

const REFUSED = [
  [{ mode: 't2v' }, 'missing', ['body', 't2v', 'prompt']],
  [{ mode: 'x2v', prompt: 'a' }, 'union_tag_invalid', ['body']],
  [{ mode: 'i2v', prompt: 'a' }, 'missing', ['body', 'i2v', 'keyframes']],
  [{ mode: 'i2v', prompt: 'a', keyframes: ['1', '2', '3'] }, 'value_error', ['body', 'i2v', 'duration']],
  [
    { mode: 'i2v', prompt: 'a', keyframes: Array.from({ length: 11 }, String) },
    'too_long',
    ['body', 'i2v', 'keyframes'],
  ],
  [{ mode: 'v2v', prompt: 'a' }, 'missing', ['body', 'v2v', 'start_video']],
  [{ mode: 'draft_enhance' }, 'missing', ['body', 'draft_enhance', 'draft_cache']],
  [{ prompt: 'a', duration: 21 }, 'less_than_equal', ['body', 't2v', 'duration']],
  [{ prompt: 'a', duration: 4 }, 'greater_than_equal', ['body', 't2v', 'duration']],
  [{ prompt: 'a', duration: '5' }, 'int_type', ['body', 't2v', 'duration']],
  [{ prompt: 'a', aspect_ratio: '5:4' }, 'literal_error', ['body', 't2v', 'aspect_ratio']],
  [{ prompt: 'a', resolution: '1080p' }, 'literal_error', ['body', 't2v', 'resolution']],
  [{ prompt: 'a', safety_tolerance: 5 }, 'less_than_equal', ['body', 't2v', 'safety_tolerance']],
] as const

for (const [fields, type, loc] of REFUSED) {
  test(`black-forest-labs: ${JSON.stringify(fields)} is a 422 of ${type}`, async (context) => {
    const { simulator, create } = await opened(context)
    const { status, body } = await create(fields)
    const [first] = listField(body, 'detail')
    assert.deepEqual([status, fieldsOf(first)['type'], fieldsOf(first)['loc']], [422, type, loc])
    assert.equal(simulator.ledger[0]!.accepted, false)
  })
}

test('black-forest-labs: keys, credits, limits and paths', async (context) => {
  const { simulator, create } = await opened(context, { keys: ['k'], limits: true })
  const good = { mode: 't2v', prompt: 'a' }
  assert.deepEqual(await create(good, 'other'), { status: 403, body: { detail: 'Not authenticated' } })
  simulator.fault({ point: 'create', fault: '402' })
  assert.deepEqual(await create(good), { status: 402, body: { detail: 'Insufficient credits' } })
  for (let tasks = 0; tasks < 24; tasks += 1) assert.equal((await create(good)).status, 200)
  assert.deepEqual(await create(good), { status: 429, body: { detail: 'Too many active tasks' } })
  const headers = { 'x-key': 'k' }
  const image = await fetch(`${simulator.url}/v1/flux-pro-1.1`, { method: 'POST', headers, body: '{}' })
  assert.deepEqual([image.status, await image.json()], [404, { detail: 'Not Found' }])
  const broken = await fetch(simulator.url + MODEL, { method: 'POST', headers, body: '{' })
  assert.equal(broken.status, 422)
})
