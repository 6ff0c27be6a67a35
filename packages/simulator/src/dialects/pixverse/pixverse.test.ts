import assert from 'node:assert/strict'
import { createHmac, randomUUID } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import { dialectContract } from '../../../test/dialect-contract.ts'
import type { Reply } from '../../../test/dialect-subject.ts'
import { TestClock } from '../../../test/test-clock.ts'
import { fieldsOf } from '../../../test/test-client.ts'
import type { CallbackRecord } from '../../callback-record.ts'
import type { Phase } from '../../phase.ts'
import type { Secrets } from '../../secrets.ts'
import { startSimulator, type Simulator, type SimulatorOptions } from '../../simulator.ts'

const NUMBERS: Readonly<Record<string, Phase>> = {
  1: 'done',
  5: 'running',
  6: 'cancelled',
  7: 'failed',
  8: 'failed',
}

function respOf(body: unknown): Record<string, unknown> {
  const { Resp } = fieldsOf(body ?? {})
  return typeof Resp === 'object' && Resp !== null ? fieldsOf(Resp) : {}
}

function phaseOf({ body }: Reply): Phase | null {
  return NUMBERS[String(respOf(body)['status'])] ?? null
}

/** As PixVerse's page on webhooks says it is verified. */
function isSigned({ headers, body }: CallbackRecord, { hmac }: Secrets): boolean {
  const fields = Object.entries(fieldsOf(JSON.parse(body))).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const form = fields.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join('&')
  const text = `${headers['webhook-timestamp'] ?? ''}\n${headers['webhook-nonce'] ?? ''}\n${form}`
  return headers['webhook-signature'] === createHmac('sha256', hmac).update(text).digest('base64')
}

const TEXT = { model: 'v5.5', prompt: 'a fox', duration: 5, quality: '540p', aspect_ratio: '16:9' }
const RESULT = '/openapi/v2/video/result'

dialectContract({
  dialect: 'pixverse',
  credentials: (key) => ({ 'api-key': key }),
  create: (prompt, { token, callbackUrl }) => ({
    method: 'POST',
    path: '/openapi/v2/video/text/generate',
    headers: { 'ai-trace-id': token ?? randomUUID() },
    json: { ...TEXT, prompt, webhook_id: callbackUrl === undefined ? undefined : 7 },
  }),
  idOf: ({ text }) => /"video_id":(\d+)/u.exec(text)?.[1] ?? '',
  poll: (id) => ({ path: `${RESULT}/${id}` }),
  phaseOf,
  link: async (id, asker) => String(respOf((await asker({ path: `${RESULT}/${id}` })).body)['url']),
  failure: /"status":8/u,
  hidden: ['queued'],
  verify: isSigned,
})

async function started(context: TestContext, options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await startSimulator({ dialect: 'pixverse', ...options })
  context.after(() => simulator.close())
  return simulator
}

interface Answered {
  readonly status: number
  readonly body: Record<string, unknown>
}

async function ask(url: string, json?: unknown, trace: string = randomUUID()): Promise<Answered> {
  const sent = json === undefined ? {} : { method: 'POST', body: JSON.stringify(json) }
  const headers = { 'api-key': 'key', 'ai-trace-id': trace, 'content-type': 'application/json' }
  const response = await fetch(url, { headers, ...sent })
  return { status: response.status, body: fieldsOf(await response.json()) }
}

const generate = (url: string, kind: string, fields: object, trace?: string): Promise<Answered> =>
  ask(`${url}/openapi/v2/video/${kind}/generate`, fields, trace)

const codeOf = ({ body }: Answered): unknown => body['ErrCode']

test('pixverse: statuses are numbers, ids are numbers, and 7 is the moderation', async (context) => {
  const { url } = await started(context)
  const made = await generate(url, 'text', { ...TEXT, prompt: '[up:steps=running,done]' })
  const id = respOf(made.body)['video_id']
  assert.equal(typeof id, 'number')
  const first = respOf((await ask(`${url}${RESULT}/${String(id)}`)).body)
  assert.deepEqual([first['id'], first['status'], first['url'], first['size']], [id, 5, '', 0])
  const last = respOf((await ask(`${url}${RESULT}/${String(id)}`)).body)
  assert.deepEqual([last['status'], last['outputWidth'], last['outputHeight']], [1, 960, 540])
  const numbers = []
  for (const markers of ['failed', 'failed][up:failed-code=moderation', 'error']) {
    const bad = await generate(url, 'text', { ...TEXT, prompt: `[up:steps=${markers}]` })
    const { body } = await ask(`${url}${RESULT}/${String(respOf(bad.body)['video_id'])}`)
    numbers.push(respOf(body)['status'])
  }
  assert.deepEqual(numbers, [8, 7, 8])
  const deleted = await generate(url, 'text', { ...TEXT, prompt: '[up:status=6]' })
  const { body } = await ask(`${url}${RESULT}/${String(respOf(deleted.body)['video_id'])}`)
  assert.equal(respOf(body)['status'], 6)
})

const REFUSALS = [
  ['no prompt', 'text', { ...TEXT, prompt: '' }, 400011],
  ['no ratio', 'text', { ...TEXT, aspect_ratio: undefined }, 400011],
  ['a model', 'text', { ...TEXT, model: 'v9' }, 400017],
  ['a length', 'text', { ...TEXT, duration: 6 }, 400017],
  ['a length as text', 'text', { ...TEXT, duration: '5' }, 400013],
  ['a quality', 'text', { ...TEXT, quality: '4k' }, 400017],
  ['long and large', 'text', { ...TEXT, quality: '1080p', duration: 10 }, 400017],
  ['a long prompt', 'text', { ...TEXT, prompt: 'a'.repeat(2_049) }, 400018],
  ['no picture', 'img', TEXT, 400011],
  ['a picture that is not there', 'img', { ...TEXT, img_id: 123 }, 400032],
] as const

for (const [what, kind, fields, code] of REFUSALS) {
  test(`pixverse: ${what} is ${code} with status 200`, async (context) => {
    const { url, ledger } = await started(context)
    const reply = await generate(url, kind, fields)
    assert.deepEqual([reply.status, codeOf(reply), reply.body['Resp']], [200, code, null])
    assert.equal(ledger[0]?.accepted, false)
  })
}

const MEANINGS = [
  ['500044', 'too many at a time'],
  ['500069', 'too much at once'],
  ['500090', 'no money'],
  ['500063', 'moderation'],
] as const

for (const [code, meaning] of MEANINGS) {
  test(`pixverse: ${code}, ${meaning}, inside status 200 or one that is ordered`, async (context) => {
    const { url } = await started(context)
    for (const [fault, status] of [
      ['200error', 200],
      ['429', 429],
    ] as const) {
      const prompt = `[up:create=${fault}][up:failed-code=${code}][up:failed=no]`
      const reply = await generate(url, 'text', { ...TEXT, prompt })
      const { ErrMsg, Resp } = reply.body
      assert.deepEqual([reply.status, codeOf(reply), ErrMsg, Resp], [status, Number(code), 'no', null])
    }
  })
}

test('pixverse: one trace id is one job, whatever the prompt', async (context) => {
  const { url, ledger } = await started(context)
  const trace = randomUUID()
  const first = await generate(url, 'text', TEXT, trace)
  const again = await generate(url, 'text', { ...TEXT, prompt: 'a wolf' }, trace)
  assert.equal(respOf(first.body)['video_id'], respOf(again.body)['video_id'])
  assert.deepEqual(
    ledger.map(({ clientToken, repeated }) => [clientToken, repeated]),
    [
      [trace, false],
      [trace, true],
    ],
  )
})

test('pixverse: pictures are uploaded first, and named by number', async (context) => {
  const { url } = await started(context)
  const upload = async (type: string): Promise<Record<string, unknown>> => {
    const body = new FormData()
    body.append('image', new File(['picture'], 'a', { type }))
    const headers = { 'api-key': 'key', 'ai-trace-id': randomUUID() }
    const response = await fetch(`${url}/openapi/v2/image/upload`, { method: 'POST', headers, body })
    return fieldsOf(await response.json())
  }
  assert.equal((await upload('text/plain'))['ErrCode'], 500032)
  const { img_id: id, img_url: address } = respOf(await upload('image/png'))
  assert.equal(await (await fetch(String(address))).text(), 'picture')
  const { aspect_ratio: _, ...rest } = TEXT
  const made = await generate(url, 'img', { ...rest, img_id: id })
  assert.equal(codeOf(made), 0, JSON.stringify(made.body))
  const both = await generate(url, 'transition', { ...rest, first_frame_img: id, last_frame_img: id })
  assert.equal(codeOf(both), 0, JSON.stringify(both.body))
  const none = await ask(`${url}/openapi/v2/image/upload`, {})
  assert.equal(codeOf(none), 400011)
})

test('pixverse: the key, the balance, an unknown video, and too many at a time', async (context) => {
  const { url } = await started(context, { keys: ['key'], limits: true })
  const bare = await fetch(`${url}/openapi/v2/account/balance`)
  assert.deepEqual([bare.status, fieldsOf(await bare.json())['ErrCode']], [200, 400012])
  const balance = respOf((await ask(`${url}/openapi/v2/account/balance`)).body)
  assert.equal(balance['credit_monthly'], 1_000)
  assert.equal(codeOf(await ask(`${url}${RESULT}/12345`)), 500008)
  for (let count = 0; count < 5; count += 1) await generate(url, 'text', TEXT)
  assert.equal(codeOf(await generate(url, 'text', TEXT)), 500044)
})

test('pixverse: a job without a webhook, and one of two frames, call nobody', async (context) => {
  const simulator = await started(context, { callbackUrl: 'http://127.0.0.1:9/hook' })
  const { url } = simulator
  await generate(url, 'text', TEXT)
  await generate(url, 'text', { ...TEXT, webhook_id: 7 })
  assert.deepEqual(
    simulator.ledger.map(({ callbackUrl }) => callbackUrl),
    [null, 'http://127.0.0.1:9/hook'],
  )
})

test('pixverse: a webhook is tried again until it is answered with 200 and ok', async (context) => {
  const clock = new TestClock()
  const answers = [
    new Response('ok', { status: 201 }),
    new Response('OK'),
    new Response('ok\n'),
    new Response('ok'),
  ]
  const next = async (): Promise<Response> => answers.shift() ?? new Response('ok')
  const simulator = await started(context, { callbackUrl: 'http://127.0.0.1:1/hook', clock, fetch: next })
  const made = await generate(simulator.url, 'text', { ...TEXT, prompt: '[up:callback=lost]', webhook_id: 7 })
  const sent = simulator.callback(String(respOf(made.body)['video_id']), { phase: 'done' })
  for (const [index, seconds] of [2, 10, 30].entries()) {
    await simulator.untilCallback(({ attempt, accepted }) => attempt === index + 1 && accepted === false)
    await clock.untilSleeping(seconds * 1_000)
    clock.advance(seconds * 1_000)
  }
  const { attempt, accepted, body } = await sent
  assert.deepEqual([attempt, accepted], [4, true])
  assert.equal(typeof fieldsOf(JSON.parse(body))['id'], 'string')
})
