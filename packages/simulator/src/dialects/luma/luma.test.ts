import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import { test, type TestContext } from 'node:test'
import { dialectContract } from '../../../test/dialect-contract.ts'
import type { Reply } from '../../../test/dialect-subject.ts'
import { fieldsOf } from '../../../test/test-client.ts'
import { TestClock } from '../../../test/test-clock.ts'
import type { Phase } from '../../phase.ts'
import { textField } from '../../request.ts'
import { startSimulator, type Simulator, type SimulatorOptions } from '../../simulator.ts'

/** A test that waits for what does not come fails. */
const TIMEOUT_MS = 10_000

const ROOT = '/dream-machine/v1'
const PHASES: Readonly<Record<string, Phase>> = {
  queued: 'queued',
  dreaming: 'running',
  completed: 'done',
  failed: 'failed',
}

const phaseOf = ({ body }: Reply): Phase | null => PHASES[String(fieldsOf(body)['state'])] ?? null

dialectContract({
  dialect: 'luma',
  credentials: (key) => ({ authorization: `Bearer ${key}` }),
  create: (prompt, { callbackUrl }) => ({
    method: 'POST',
    path: `${ROOT}/generations/video`,
    json: { model: 'ray-2', prompt, ...(callbackUrl === undefined ? {} : { callback_url: callbackUrl }) },
  }),
  idOf: ({ body }) => textField(fieldsOf(body), 'id'),
  poll: (id) => ({ path: `${ROOT}/generations/${id}` }),
  phaseOf,
  remove: (id) => ({ method: 'DELETE', path: `${ROOT}/generations/${id}` }),
  link: async (id, ask) => {
    const { body } = await ask({ path: `${ROOT}/generations/${id}` })
    return String(fieldsOf(fieldsOf(body)['assets'])['video'])
  },
})

type Answered = { status: number; body: Record<string, unknown> }

async function started(context: TestContext, options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await startSimulator({ dialect: 'luma', ...options })
  context.after(() => simulator.close())
  return simulator
}

const HEADERS = { authorization: 'Bearer any', 'content-type': 'application/json' }

async function json(url: string, init: RequestInit = {}): Promise<Answered> {
  const response = await fetch(url, { headers: HEADERS, ...init })
  const text = await response.text()
  return { status: response.status, body: text === '' ? {} : fieldsOf(JSON.parse(text)) }
}

async function submit(url: string, fields: object, path = '/generations/video'): Promise<Answered> {
  return json(url + ROOT + path, { method: 'POST', body: JSON.stringify(fields) })
}

test('luma: a generation echoes its request, and tells its link once it is completed', async (context) => {
  const { url, filesUrl } = await started(context)
  const request = { model: 'ray-flash-2', prompt: 'a fox', duration: '5s', aspect_ratio: '16:9', loop: true }
  for (const path of ['/generations', '/generations/video']) {
    const { status, body } = await submit(url, request, path)
    const id = String(body['id'])
    assert.equal(status, 201)
    assert.deepEqual(
      { ...body, created_at: typeof body['created_at'] },
      {
        id,
        generation_type: 'video',
        state: 'queued',
        failure_reason: null,
        created_at: 'string',
        assets: null,
        model: 'ray-flash-2',
        request: { generation_type: 'video', ...request },
      },
    )
    const seen = []
    for (let polls = 0; polls < 3; polls += 1) seen.push((await json(`${url}${ROOT}/generations/${id}`)).body)
    assert.deepEqual(
      seen.map(({ state, assets }) => [state, assets === null]),
      [
        ['queued', true],
        ['dreaming', true],
        ['completed', false],
      ],
    )
    assert.ok(String(fieldsOf(seen[2]!['assets'])['video']).startsWith(`${filesUrl}/`))
  }
})

const REFUSED = [
  [{ prompt: 'a fox' }, 422, 'model'],
  [{ model: 'ray-9', prompt: 'a fox' }, 422, 'model'],
  [{ model: 'ray-2', prompt: 'a fox', duration: 5 }, 422, 'duration'],
  [{ model: 'ray-2', prompt: 'a fox', duration: '6s' }, 422, 'duration'],
  [{ model: 'ray-2', prompt: 'a fox', aspect_ratio: '2:1' }, 422, 'aspect_ratio'],
  [{ model: 'ray-2', prompt: 'a fox', resolution: '480p' }, 422, 'resolution'],
  [
    { model: 'ray-2', prompt: 'a fox', keyframes: { frame0: { type: 'image' } } },
    422,
    'keyframes.frame0.url',
  ],
  [{ model: 'ray-2', prompt: 'a fox', keyframes: { frame1: { type: 'video' } } }, 422, 'keyframes.frame1'],
  [{ model: 'ray-2', prompt: 'ab' }, 400, 'Prompt is too short, minimum length is 3 characters'],
  [{ model: 'ray-2' }, 400, 'Prompt is too short, minimum length is 3 characters'],
] as const

test('luma: bad fields are a list, a bad prompt is a text, and nothing is made', async (context) => {
  const { url, ledger } = await started(context)
  for (const [fields, status, what] of REFUSED) {
    const refused = await submit(url, fields)
    assert.equal(refused.status, status, JSON.stringify(fields))
    const { detail } = refused.body
    if (status === 400) assert.equal(detail, what)
    else assert.deepEqual(fieldsOf([detail].flat()[0])['loc'], ['body', what])
  }
  assert.equal(ledger.filter(({ accepted }) => accepted).length, 0)
  const keyframes = {
    frame0: { type: 'image', url: 'https://a.example/1.png' },
    frame1: { type: 'generation', id: 'x' },
  }
  assert.equal((await submit(url, { model: 'ray-2', keyframes })).status, 201)
})

test('luma: errors are texts, and a missing route another one than a missing generation', async (context) => {
  const simulator = await started(context)
  const { url } = simulator
  const expected = [
    ['401', 401, 'Invalid API key provided'],
    ['429', 429, 'Too many requests'],
    ['402', 402, 'Insufficient credits'],
  ] as const
  for (const [fault, status, detail] of expected) {
    simulator.fault({ point: 'create', fault })
    assert.deepEqual(await submit(url, { model: 'ray-2', prompt: 'a fox' }), { status, body: { detail } })
  }
  const blocked = await submit(url, { model: 'ray-2', prompt: '[up:create=400][up:failed-code=moderation]' })
  assert.deepEqual(blocked.body, { detail: 'Advanced prompt moderation failed' })
  const none = await json(`${url}${ROOT}/generations/nope`)
  assert.deepEqual(none, { status: 404, body: { detail: 'Generation not found' } })
  assert.deepEqual((await json(`${url}/nothing`)).body, { detail: 'Not Found' })
})

test('luma: the list has pages, the newest first, and there are credits', async (context) => {
  const { url } = await started(context)
  for (const prompt of ['one', 'two', 'three']) await submit(url, { model: 'ray-2', prompt })
  const { body } = await json(`${url}${ROOT}/generations?limit=2&offset=1`)
  const { generations, ...about } = body
  assert.deepEqual(about, { has_more: false, count: 2, limit: 2, offset: 1 })
  const prompts = [generations].flat().map((one) => fieldsOf(fieldsOf(one)['request'])['prompt'])
  assert.deepEqual(prompts, ['two', 'one'])
  assert.equal(typeof (await json(`${url}${ROOT}/credits`)).body['credit_balance'], 'number')
  assert.deepEqual((await json(`${url}${ROOT}/ping`)).body, { message: 'pong' })
})

/** Answers every callback with the same status. */
async function receiver(context: TestContext, status: number): Promise<{ url: string; bodies: unknown[] }> {
  const bodies: unknown[] = []
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      bodies.push(JSON.parse(Buffer.concat(chunks).toString('utf8')))
      response.writeHead(status).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  context.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return { url: `http://127.0.0.1:${address.port}/hook`, bodies }
}

test(
  'luma: a callback that is answered 202 is tried twice more, 100 ms apart',
  { timeout: TIMEOUT_MS },
  async (context) => {
    const clock = new TestClock()
    const simulator = await started(context, { clock })
    const { url, bodies } = await receiver(context, 202)
    const { body } = await submit(simulator.url, {
      model: 'ray-2',
      prompt: '[up:steps=done]',
      callback_url: url,
    })
    const id = String(body['id'])
    const polled = await json(`${simulator.url}${ROOT}/generations/${id}`)
    for (const attempt of [1, 2, 3]) {
      const tried = await simulator.untilCallback(
        (record) => record.attempt === attempt && record.accepted !== null,
      )
      assert.equal(tried.accepted, false)
      if (attempt === 3) break
      await clock.untilSleeping(100)
      clock.advance(100)
    }
    clock.advance(3_600_000)
    assert.equal(simulator.callbacks.length, 3)
    // The same body as a look, and nobody signs it.
    assert.deepEqual(bodies, [polled.body, polled.body, polled.body])
    assert.deepEqual(simulator.callbacks[0]!.headers, {})
  },
)

test(
  'luma: what the clock passed in one go is told all the same, in its order',
  { timeout: TIMEOUT_MS },
  async (context) => {
    const clock = new TestClock()
    const simulator = await started(context, { clock })
    const { url, bodies } = await receiver(context, 200)
    await submit(simulator.url, { model: 'ray-2', prompt: '[up:ms=1000]', callback_url: url })
    await clock.untilSleeping(1_000)
    clock.advance(4_000)
    await simulator.untilCallback(({ accepted }) => accepted === true, 2)
    assert.deepEqual(
      simulator.callbacks.map(({ phase }) => phase),
      ['running', 'done'],
    )
    assert.deepEqual(
      new Set(bodies.map((body) => fieldsOf(body)['state'])),
      new Set(['completed', 'dreaming']),
    )
  },
)
