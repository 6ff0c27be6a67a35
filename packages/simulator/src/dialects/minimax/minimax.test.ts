import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test, type TestContext } from 'node:test'
import { dialectContract, type DialectSubject } from '../../../test/dialect-contract.ts'
import type { Reply } from '../../../test/dialect-subject.ts'
import { TestClock } from '../../../test/test-clock.ts'
import { fieldsOf } from '../../../test/test-client.ts'
import type { Phase } from '../../phase.ts'
import { startSimulator, type Simulator, type SimulatorOptions } from '../../simulator.ts'

const V1: Readonly<Record<string, Phase>> = {
  Preparing: 'queued',
  Queueing: 'queued',
  Processing: 'running',
  Success: 'done',
  Fail: 'failed',
}

const V2: Readonly<Record<string, Phase>> = {
  queued: 'queued',
  running: 'running',
  succeeded: 'done',
  failed: 'failed',
  cancelled: 'cancelled',
}

const word = (words: Readonly<Record<string, Phase>>, status: unknown): Phase | null =>
  typeof status === 'string' ? (words[status] ?? null) : null

/** The challenge is echoed; nothing else is asked of a receiver. */
const receive: NonNullable<DialectSubject['receive']> = (body) => {
  const { challenge } = fieldsOf(body)
  return { status: 200, body: challenge === undefined ? 'ok' : JSON.stringify({ challenge }) }
}

const shared = {
  dialect: 'minimax',
  credentials: (key) => ({ authorization: `Bearer ${key}` }),
  idOf: ({ body }) => String(fieldsOf(body)['task_id']),
  receive,
} satisfies Partial<DialectSubject>

const queryV1 = (id: string): string => `/v1/query/video_generation?task_id=${id}`
const queryV2 = (id: string): string => `/v2/query/video_generation/${id}`
const fieldIn = (body: unknown, group: string, field: string): unknown => {
  const inner = fieldsOf(body)[group]
  return typeof inner === 'object' && inner !== null ? fieldsOf(inner)[field] : undefined
}

const h3 = (prompt: string): Record<string, unknown> => ({
  model: 'MiniMax-H3',
  content: [{ type: 'text', text: prompt }],
  resolution: '768P',
  duration: 5,
  ratio: '16:9',
})

dialectContract({
  ...shared,
  name: 'minimax v1',
  create: (prompt, { callbackUrl }) => ({
    method: 'POST',
    path: '/v1/video_generation',
    json: { model: 'MiniMax-Hailuo-2.3', prompt, callback_url: callbackUrl },
  }),
  poll: (id) => ({ path: queryV1(id) }),
  phaseOf: ({ body }: Reply) => word(V1, fieldsOf(body ?? {})['status']),
  // As far as a file's number follows the job's here, a look can be asked for without a poll.
  look: (id) => ({ path: `/v1/files/retrieve?file_id=${BigInt(id) + 166_052_010n}` }),
  link: async (id, asker) => {
    const { body } = await asker({ path: queryV1(id) })
    const reply = await asker({ path: `/v1/files/retrieve?file_id=${String(fieldsOf(body)['file_id'])}` })
    return String(fieldIn(reply.body, 'file', 'download_url'))
  },
})

dialectContract({
  ...shared,
  name: 'minimax v2',
  create: (prompt, { callbackUrl }) => ({
    method: 'POST',
    path: '/v2/video_generation',
    json: { ...h3(prompt), callback_url: callbackUrl },
  }),
  poll: (id) => ({ path: queryV2(id) }),
  phaseOf: ({ body }: Reply) => word(V2, fieldIn(body ?? {}, 'task', 'status')),
  remove: (id) => ({ method: 'DELETE', path: `/v2/video_generation/${id}` }),
  link: async (id, asker) => {
    const task = fieldsOf(fieldsOf((await asker({ path: queryV2(id) })).body)['task'])
    return String(fieldsOf(task['content'])['url'])
  },
})

async function started(context: TestContext, options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await startSimulator({ dialect: 'minimax', ...options })
  context.after(() => simulator.close())
  return simulator
}

interface Answered {
  readonly status: number
  readonly text: string
  readonly body: Record<string, unknown>
}

async function ask(url: string, json?: unknown, init: RequestInit = {}): Promise<Answered> {
  const sent = json === undefined ? {} : { method: 'POST', body: JSON.stringify(json) }
  const headers = { authorization: 'Bearer key', 'content-type': 'application/json' }
  const response = await fetch(url, { headers, ...sent, ...init })
  const text = await response.text()
  return { status: response.status, text, body: fieldsOf(JSON.parse(text)) }
}

test('minimax v1: prepared, then queued; a file of 18 digits as text, then as a number', async (context) => {
  const { url } = await started(context)
  const made = await ask(`${url}/v1/video_generation`, {
    model: 'MiniMax-Hailuo-02',
    prompt: '[up:steps=queued*2,running,done]',
  })
  const id = String(made.body['task_id'])
  assert.match(id, /^[1-9]\d{17}$/u)
  const seen = []
  for (let polls = 0; polls < 3; polls += 1) seen.push((await ask(url + queryV1(id))).body)
  assert.deepEqual(
    seen.map((body) => [body['status'], body['file_id']]),
    [
      ['Preparing', ''],
      ['Queueing', ''],
      ['Processing', ''],
    ],
  )
  const { body: done } = await ask(url + queryV1(id))
  const fileId = String(done['file_id'])
  assert.deepEqual([typeof done['file_id'], done['status'], done['video_width']], ['string', 'Success', 1366])
  const file = await ask(`${url}/v1/files/retrieve?file_id=${fileId}`)
  assert.ok(file.text.startsWith(`{"file":{"file_id":${fileId},"bytes":`), file.text)
  // A client that reads it as a number has another file.
  assert.notEqual(String(fieldIn(file.body, 'file', 'file_id')), fileId)
})

const REFUSALS = [
  ['no prompt', '/v1/', { model: 'MiniMax-Hailuo-2.3' }, 200, /prompt is required/u],
  ['no picture', '/v1/', { model: 'I2V-01', prompt: 'a' }, 200, /first_frame_image/u],
  ['a length', '/v1/', { model: 'MiniMax-Hailuo-02', prompt: 'a', duration: 7 }, 200, /one of 6, 10/u],
  [
    'a size',
    '/v1/',
    { model: 'MiniMax-Hailuo-02', prompt: 'a', duration: 10, resolution: '1080P' },
    200,
    /6 seconds/u,
  ],
  ['a model', '/v1/', { model: 'MiniMax-H3', prompt: 'a' }, 200, /model MiniMax-H3 not exist/u],
  ['no prompt', '/v2/', { ...h3(' ') }, 400, /non-empty text item \(prompt is required\) \(2013\)$/u],
  ['a length', '/v2/', { ...h3('a'), duration: 3 }, 400, /from 4 to 15 \(2013\)$/u],
  ['a size', '/v2/', { ...h3('a'), resolution: '480P' }, 400, /768P, 2K \(2013\)$/u],
  ['no ratio', '/v2/', { ...h3('a'), ratio: undefined }, 400, /ratio is required for text-to-video/u],
  ['a ratio of no picture', '/v2/', { ...h3('a'), ratio: 'adaptive' }, 400, /cannot be adaptive/u],
  [
    'a last frame alone',
    '/v2/',
    {
      ...h3('a'),
      content: [
        { type: 'text', text: 'a' },
        { type: 'image_url', image_url: { url: 'x' }, role: 'last_frame' },
      ],
    },
    400,
    /needs a first_frame/u,
  ],
] as const

for (const [what, generation, fields, status, message] of REFUSALS) {
  test(`minimax ${generation.slice(1, 3)}: ${what} is refused in its own envelope`, async (context) => {
    const { url, ledger } = await started(context)
    const reply = await ask(`${url}${generation}video_generation`, fields)
    assert.equal(reply.status, status)
    const { base_resp, type, error } = reply.body
    if (generation === '/v1/') {
      assert.equal(fieldsOf(base_resp)['status_code'], 2013)
      assert.match(String(fieldsOf(base_resp)['status_msg']), message)
    } else {
      assert.deepEqual(
        [type, fieldsOf(error)['type'], fieldsOf(error)['http_code']],
        ['error', 'bad_request_error', '400'],
      )
      assert.match(String(fieldsOf(error)['message']), message)
    }
    assert.equal(ledger[0]?.accepted, false)
  })
}

const ORDERED = [
  ['1002', 429, 'rate_limit_error'],
  ['1008', 402, 'insufficient_balance_error'],
  ['1026', 422, 'unprocessable_entity_error'],
  ['1000', 500, 'server_error'],
] as const

for (const [code, status, type] of ORDERED) {
  test(`minimax: ${code} is status 200 in v1, and a ${type} in v2`, async (context) => {
    const { url } = await started(context)
    const prompt = `[up:create=${status}][up:failed-code=${code}][up:failed=no]`
    const v1 = await ask(`${url}/v1/video_generation`, {
      model: 'MiniMax-Hailuo-2.3',
      prompt: prompt.replace(String(status), '200error'),
    })
    assert.deepEqual(
      [v1.status, v1.body],
      [200, { base_resp: { status_code: Number(code), status_msg: 'no' } }],
    )
    const v2 = await ask(`${url}/v2/video_generation`, h3(prompt))
    assert.equal(v2.status, status)
    assert.deepEqual(v2.body['error'], { type, message: `no (${code})`, http_code: String(status) })
  })
}

test('minimax: a key that is missing is 1004, one that is wrong 2049', async (context) => {
  const { url } = await started(context, { keys: ['right'] })
  const codeOf = async (headers: Record<string, string>): Promise<unknown> =>
    fieldIn((await ask(url + queryV1('1'), undefined, { headers })).body, 'base_resp', 'status_code')
  assert.deepEqual([await codeOf({}), await codeOf({ authorization: 'Bearer wrong' })], [1004, 2049])
  const v2 = await ask(url + queryV2('1'), undefined, { headers: {} })
  assert.deepEqual([v2.status, fieldIn(v2.body, 'error', 'type')], [401, 'authorized_error'])
})

test('minimax: a generation knows its own jobs only, and v2 forgets after seven days', async (context) => {
  const clock = new TestClock()
  const { url } = await started(context, { clock })
  const v1 = String(
    (await ask(`${url}/v1/video_generation`, { model: 'MiniMax-Hailuo-2.3', prompt: 'a' })).body['task_id'],
  )
  const v2 = String((await ask(`${url}/v2/video_generation`, h3('a'))).body['task_id'])
  assert.equal(fieldIn((await ask(url + queryV1(v2))).body, 'base_resp', 'status_msg'), 'invalid task_id')
  assert.equal((await ask(url + queryV2(v1))).status, 400)
  const list = await ask(`${url}/v2/query/video_generation?page_num=1&page_size=5&filter.status=queued`)
  assert.deepEqual([list.body['total'], fieldsOf((list.body['items'] as unknown[])[0])['id']], [1, v2])
  clock.advance(7 * 86_400_000 + 1)
  assert.equal(fieldIn((await ask(url + queryV2(v2))).body, 'error', 'message'), 'invalid task_id (2013)')
  assert.equal((await ask(`${url}/v2/query/video_generation`)).body['total'], 0)
})

test('minimax v2: a delete cancels what waits, erases what has ended, stops nothing', async (context) => {
  const { url } = await started(context)
  const seen = []
  for (const step of ['queued', 'running', 'done']) {
    const id = String((await ask(`${url}/v2/video_generation`, h3(`[up:steps=${step}]`))).body['task_id'])
    await ask(url + queryV2(id))
    const { status, body } = await ask(`${url}/v2/video_generation/${id}`, undefined, { method: 'DELETE' })
    seen.push([status, body['action']])
  }
  assert.deepEqual(seen, [
    [200, 'cancelled'],
    [400, undefined],
    [200, 'deleted'],
  ])
})

/** A job that wants to be called, and what came of its challenge. */
async function challenged(context: TestContext, options: SimulatorOptions): Promise<Simulator> {
  const simulator = await started(context, options)
  await ask(`${simulator.url}/v1/video_generation`, {
    model: 'MiniMax-Hailuo-2.3',
    prompt: '[up:steps=done]',
    callback_url: 'http://127.0.0.1:1/hook',
  })
  return simulator
}

/** A receiver that answers with this, or with what it was sent. */
const answering =
  (answer: object | null): typeof globalThis.fetch =>
  async (url, init) =>
    Response.json(answer ?? { ...fieldsOf(await new Request(url, init).json()), more: 1 })

/** A receiver that says nothing until it is given up. */
const silent: typeof globalThis.fetch = (_url, init) =>
  new Promise((_resolve, reject) => {
    init?.signal?.addEventListener('abort', () => reject(new Error('Aborted.')))
  })

for (const [what, answer, accepted] of [
  ['another word', { challenge: 'other' }, false],
  ['nothing', {}, false],
  ['the word and more', null, true],
] as const) {
  const end = accepted ? 'is good' : 'is the end of it'
  test(`minimax: a challenge that is answered with ${what} ${end}`, async (context) => {
    const simulator = await challenged(context, { fetch: answering(answer) })
    const record = await simulator.untilCallback((sent) => sent.accepted !== null)
    assert.deepEqual([record.phase, record.status, record.accepted], [null, 200, accepted])
    const sending = simulator.callback(simulator.ledger[0]?.id ?? '', { phase: 'done' })
    if (accepted) return assert.equal((await sending).accepted, true)
    await assert.rejects(sending, /handshake/u)
    assert.equal(simulator.callbacks.length, 1)
  })
}

test('minimax: a challenge that is answered after three seconds is the end of it', async (context) => {
  const clock = new TestClock()
  const simulator = await challenged(context, { fetch: silent, clock })
  await clock.untilSleeping(3_000)
  clock.advance(3_000)
  const record = await simulator.untilCallback(({ accepted }) => accepted === false)
  assert.match(String(record.error), /3000 ms/u)
  await assert.rejects(simulator.callback(simulator.ledger[0]?.id ?? '', { phase: 'done' }), /handshake/u)
})

test('minimax v1: calls back in lower case where it answers with a capital', async (context) => {
  const bodies: Record<string, unknown>[] = []
  const server = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => {
      const body = fieldsOf(JSON.parse(chunk.toString('utf8')))
      bodies.push(body)
      response.end(JSON.stringify({ challenge: body['challenge'] }))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  context.after(() => server.close())
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  const simulator = await started(context)
  for (const end of ['done', 'failed']) {
    await ask(`${simulator.url}/v1/video_generation`, {
      model: 'MiniMax-Hailuo-2.3',
      prompt: `[up:ms=1][up:steps=running,${end}]`,
      callback_url: `http://127.0.0.1:${address.port}/`,
    })
    await simulator.untilCallback(({ phase, accepted }) => phase === end && accepted === true)
  }
  const words = bodies.flatMap((body) => (body['status'] === undefined ? [] : [body['status']]))
  assert.deepEqual(new Set(words), new Set(['processing', 'success', 'failed']))
})
