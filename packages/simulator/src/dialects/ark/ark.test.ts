import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test, type TestContext } from 'node:test'
import { dialectContract } from '../../../test/dialect-contract.ts'
import type { Reply } from '../../../test/dialect-subject.ts'
import { ask, fieldsOf } from '../../../test/test-client.ts'
import { TestClock } from '../../../test/test-clock.ts'
import type { Phase } from '../../phase.ts'
import { startSimulator, type Simulator, type SimulatorOptions } from '../../simulator.ts'

const TASKS = '/api/v3/contents/generations/tasks'
const MODEL = 'doubao-seedance-1-0-pro-250528'
const HOUR_MS = 3_600_000

const PHASES: Readonly<Record<string, Phase>> = {
  queued: 'queued',
  running: 'running',
  succeeded: 'done',
  failed: 'failed',
  cancelled: 'cancelled',
}

const recordOf = ({ body }: Pick<Reply, 'body'>): Record<string, unknown> =>
  typeof body === 'object' && body !== null ? fieldsOf(body) : {}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

const bodyOf = (prompt: string, fields: object = {}): object => ({
  model: MODEL,
  content: [{ type: 'text', text: prompt }],
  ...fields,
})

dialectContract({
  dialect: 'ark',
  credentials: (key) => ({ authorization: `Bearer ${key}` }),
  create: (prompt, { callbackUrl }) => ({
    method: 'POST',
    path: TASKS,
    json: bodyOf(prompt, callbackUrl === undefined ? {} : { callback_url: callbackUrl }),
  }),
  idOf: (created) => textOf(recordOf(created)['id']),
  poll: (id) => ({ path: `${TASKS}/${id}` }),
  phaseOf: (polled) => PHASES[String(recordOf(polled)['status'])] ?? null,
  remove: (id) => ({ method: 'DELETE', path: `${TASKS}/${id}` }),
  link: async (id, asker) => {
    const { content } = recordOf(await asker({ path: `${TASKS}/${id}` }))
    return String(fieldsOf(content)['video_url'])
  },
})

type Seen = { status: number; body: Record<string, unknown> }

async function started(context: TestContext, options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await startSimulator({ dialect: 'ark', ...options })
  context.after(() => simulator.close())
  return simulator
}

async function asked(url: string, path: string, method = 'GET'): Promise<Seen> {
  const { status, body } = await ask(`${url}${path}`, { method })
  return { status, body: fieldsOf(body) }
}

async function submit(url: string, prompt: string, fields: object = {}): Promise<Seen> {
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify(bodyOf(prompt, fields))
  const reply = await ask(`${url}${TASKS}`, { method: 'POST', headers, body })
  return { status: reply.status, body: fieldsOf(reply.body) }
}

async function idOf(url: string, prompt: string, fields: object = {}): Promise<string> {
  const { status, body } = await submit(url, prompt, fields)
  assert.equal(status, 200, JSON.stringify(body))
  return String(body['id'])
}

test('ark: an id and no more, times in seconds, and at the end what was left out', async (context) => {
  const { url, filesUrl } = await started(context, { clock: new TestClock() })
  const { body } = await submit(url, 'a boat', { resolution: '1080p' })
  const id = String(body['id'])
  assert.deepEqual(body, { id })
  assert.match(id, /^cgt-20260921\d{6}-[0-9a-z]{5}$/u)
  const path = `${TASKS}/${id}`
  const waiting = {
    id,
    model: MODEL,
    status: 'queued',
    error: null,
    created_at: 1_790_000_000,
    updated_at: 1_790_000_000,
    service_tier: 'default',
    execution_expires_after: 172_800,
  }
  assert.deepEqual((await asked(url, path)).body, waiting)
  assert.deepEqual((await asked(url, path)).body, { ...waiting, status: 'running' })
  const { content, ...done } = (await asked(url, path)).body
  assert.ok(String(fieldsOf(content)['video_url']).startsWith(`${filesUrl}/`))
  assert.deepEqual(done, {
    ...waiting,
    status: 'succeeded',
    // As in the documented sample.
    usage: { completion_tokens: 246_840, total_tokens: 246_840 },
    seed: 58_944,
    resolution: '1080p',
    ratio: '16:9',
    duration: 5,
    framespersecond: 24,
  })
})

test('ark: success may come without a video, and a failure with its code', async (context) => {
  const { url } = await started(context)
  const empty = await idOf(url, '[up:steps=done][up:no-url]')
  assert.deepEqual((await asked(url, `${TASKS}/${empty}`)).body['content'], {})
  const failed = await idOf(url, '[up:steps=failed][up:failed=too risky]')
  const { error, status } = (await asked(url, `${TASKS}/${failed}`)).body
  assert.equal(status, 'failed')
  assert.deepEqual(error, { code: 'OutputVideoSensitiveContentDetected', message: 'too risky' })
})

test('ark: a task expires when its create said so, and links die after a day', async (context) => {
  const clock = new TestClock()
  const { url } = await started(context, { clock })
  const kept = await idOf(url, '[up:steps=running]')
  const short = await idOf(url, '[up:steps=running]', { execution_expires_after: 3_600 })
  const done = await idOf(url, '[up:steps=done]')
  const { content } = (await asked(url, `${TASKS}/${done}`)).body
  const link = String(fieldsOf(content)['video_url'])
  const wordOf = async (id: string): Promise<unknown> => (await asked(url, `${TASKS}/${id}`)).body['status']
  clock.advance(HOUR_MS - 1)
  assert.deepEqual([await wordOf(short), await wordOf(kept)], ['running', 'running'])
  clock.advance(1)
  assert.deepEqual([await wordOf(short), await wordOf(kept)], ['expired', 'running'])
  assert.equal((await fetch(link)).status, 200)
  clock.advance(23 * HOUR_MS)
  assert.equal((await fetch(link)).status, 403)
  clock.advance(24 * HOUR_MS)
  assert.equal(await wordOf(kept), 'expired')
})

test('ark: a record is gone after seven days, that of a cancelled task after one', async (context) => {
  const clock = new TestClock()
  const { url } = await started(context, { clock })
  const done = await idOf(url, '[up:steps=done]')
  const cancelled = await idOf(url, 'stop')
  for (const [id, method] of [
    [done, 'GET'],
    [cancelled, 'DELETE'],
  ] as const)
    assert.equal((await asked(url, `${TASKS}/${id}`, method)).status, 200)
  clock.advance(24 * HOUR_MS)
  const last = await asked(url, `${TASKS}/${cancelled}`)
  assert.deepEqual([last.status, last.body['status'], last.body['error']], [200, 'cancelled', null])
  clock.advance(1)
  const gone = await asked(url, `${TASKS}/${cancelled}`)
  assert.equal(gone.status, 404)
  assert.equal(fieldsOf(gone.body['error'])['code'], 'NotFound.id')
  clock.advance(6 * 24 * HOUR_MS)
  assert.equal((await asked(url, `${TASKS}/${done}`)).status, 404)
  assert.deepEqual((await asked(url, TASKS)).body, { total: 0, items: [] })
})

test('ark: what runs cannot be deleted, and what was cancelled cannot be again', async (context) => {
  const { url } = await started(context)
  const running = await idOf(url, '[up:steps=running]')
  await asked(url, `${TASKS}/${running}`)
  const refused = await asked(url, `${TASKS}/${running}`, 'DELETE')
  assert.equal(refused.status, 409)
  const error = fieldsOf(refused.body['error'])
  assert.deepEqual([error['code'], error['type']], ['InvalidAction.RunningTaskDeletion', 'Conflict'])
  const queued = await idOf(url, 'stop')
  assert.deepEqual(await asked(url, `${TASKS}/${queued}`, 'DELETE'), { status: 200, body: {} })
  assert.equal((await asked(url, `${TASKS}/${queued}`, 'DELETE')).status, 409)
})

test('ark: the list has pages and filters, and the reason of a failure under both names', async (context) => {
  const { url } = await started(context)
  const ids: string[] = []
  for (const steps of ['queued', 'done', 'failed', 'queued']) {
    const id = await idOf(url, `[up:steps=${steps}]`, steps === 'done' ? { service_tier: 'flex' } : {})
    await asked(url, `${TASKS}/${id}`)
    ids.push(id)
  }
  const [first, done, failed, last] = ids
  const listed = async (query: string): Promise<[unknown, unknown[]]> => {
    const { total, items } = (await asked(url, `${TASKS}?${query}`)).body
    assert.ok(Array.isArray(items))
    return [total, items.map((item) => fieldsOf(item)['id'])]
  }
  assert.deepEqual(await listed(''), [4, [last, failed, done, first]])
  assert.deepEqual(await listed('page_num=2&page_size=3'), [4, [first]])
  assert.deepEqual(await listed('filter.status=queued'), [2, [last, first]])
  assert.deepEqual(await listed('filter.service_tier=flex'), [1, [done]])
  assert.deepEqual(await listed(`filter.task_ids=${first}&filter.task_ids=${done}`), [2, [done, first]])
  assert.deepEqual(await listed('filter.model=other'), [0, []])
  const { items } = (await asked(url, `${TASKS}?filter.status=failed`)).body
  assert.ok(Array.isArray(items))
  const { error, failure_reason: reason } = fieldsOf(items[0])
  assert.deepEqual(error, reason)
  assert.equal(fieldsOf(reason)['message'], 'The generation failed.')
  assert.equal((await asked(url, `${TASKS}?page_size=501`)).status, 400)
})

const REFUSED: readonly [string, object, number, string, string?][] = [
  ['no model', { model: undefined }, 400, 'MissingParameter', 'model'],
  ['a model nobody has', { model: 'sora-2' }, 404, 'InvalidEndpointOrModel.NotFound'],
  ['no content', { content: [] }, 400, 'MissingParameter', 'content'],
  ['an empty text', { content: [{ type: 'text', text: '' }] }, 400, 'MissingParameter', 'content[0].text'],
  ['an unknown item', { content: [{ type: 'image' }] }, 400, 'InvalidParameter', 'content[0].type'],
  [
    'a picture that is no address',
    { content: [{ type: 'image_url', image_url: { url: 'aGVsbG8=' } }] },
    400,
    'InvalidParameter',
    'content[0].image_url.url',
  ],
  [
    'an unknown role',
    { content: [{ type: 'image_url', image_url: { url: 'https://a.example/a.png' }, role: 'middle' }] },
    400,
    'InvalidParameter',
    'content[0].role',
  ],
  ['an unknown tier', { resolution: '720P' }, 400, 'InvalidParameter', 'resolution'],
  ['an unknown ratio', { ratio: '2:1' }, 400, 'InvalidParameter', 'ratio'],
  ['a length too many', { duration: 13 }, 400, 'InvalidParameter', 'duration'],
  ['a length in words', { duration: '5' }, 400, 'InvalidParameter', 'duration'],
  [
    'an expiry that is too short',
    { execution_expires_after: 60 },
    400,
    'InvalidParameter',
    'execution_expires_after',
  ],
  ['a switch in words', { watermark: 'false' }, 400, 'InvalidParameter', 'watermark'],
  ['a callback to nowhere', { callback_url: 'there' }, 400, 'InvalidParameter', 'callback_url'],
]

for (const [name, fields, status, code, param = ''] of REFUSED) {
  test(`ark: ${name} is refused as ${code}`, async (context) => {
    const { url, ledger } = await started(context)
    const { status: told, body } = await submit(url, 'a boat', fields)
    const error = fieldsOf(body['error'])
    assert.deepEqual([told, error['code'], error['param']], [status, code, param])
    assert.equal(ledger[0]!.accepted, false)
  })
}

const codeOf = ({ status, body }: Seen): unknown[] => [status, fieldsOf(body['error'])['code']]

test('ark: keys, endpoints of the account, and the meanings of a 429', async (context) => {
  const { url } = await started(context, { keys: ['right'] })
  assert.deepEqual(codeOf(await submit(url, 'a boat')), [401, 'AuthenticationError'])
  const open = await started(context)
  assert.equal((await submit(open.url, 'a boat', { model: 'ep-20260101-abcde' })).status, 200)
  const struck = async (markers: string): Promise<unknown[]> => codeOf(await submit(open.url, markers))
  assert.deepEqual(await struck('[up:create=429]'), [429, 'RateLimitExceeded.EndpointRPMExceeded'])
  for (const code of ['ServerOverloaded', 'QuotaExceeded', 'SetLimitExceeded'])
    assert.deepEqual(await struck(`[up:create=429][up:failed-code=${code}]`), [429, code])
  assert.deepEqual(await struck('[up:create=403][up:failed-code=AccountOverdueError]'), [
    403,
    'AccountOverdueError',
  ])
})

test('ark: only the end is told again, three times', async (context) => {
  const clock = new TestClock()
  const simulator = await started(context, { clock })
  const receiver = createServer((_request, response) => response.writeHead(500).end())
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
  context.after(() => receiver.close())
  const address = receiver.address()
  assert.ok(typeof address === 'object' && address !== null)
  const fields = { callback_url: `http://127.0.0.1:${address.port}/hook` }
  const id = await idOf(simulator.url, '[up:steps=done][up:callback=lost]', fields)
  assert.equal((await simulator.callback(id, { phase: 'running' })).attempt, 1)
  const sent = simulator.callback(id, { phase: 'done' })
  for (const [index, pauseMs] of [5_000, 10_000, 20_000].entries()) {
    await simulator.untilCallback(
      ({ phase, attempt, accepted }) => phase === 'done' && attempt === index + 1 && accepted === false,
    )
    await clock.untilSleeping(pauseMs)
    clock.advance(pauseMs)
  }
  assert.equal((await sent).attempt, 4)
  const body = fieldsOf(JSON.parse(simulator.callbacks.at(-1)!.body))
  assert.deepEqual([body['id'], body['status']], [id, 'succeeded'])
  assert.match(String(fieldsOf(body['content'])['video_url']), /^http:/u)
})
