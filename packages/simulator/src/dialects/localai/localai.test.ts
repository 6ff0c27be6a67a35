import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { dialectContract } from '../../../test/dialect-contract.ts'
import { fieldsOf } from '../../../test/test-client.ts'
import { TestClock } from '../../../test/test-clock.ts'
import { clipBytes } from '../../clips.ts'
import { listField } from '../../request.ts'
import { startSimulator, type Simulator, type SimulatorOptions } from '../../simulator.ts'

/** Where the files are of videos that were made. */
const paths = new Map<string, string>()

function fileIn(body: unknown): Record<string, unknown> {
  return fieldsOf(listField(fieldsOf(body), 'data')[0])
}

dialectContract({
  dialect: 'localai',
  credentials: (key) => ({ authorization: `Bearer ${key}` }),
  create: (prompt) => ({ method: 'POST', path: '/video', json: { model: 'longcat-video', prompt } }),
  idOf: ({ status, body }) => {
    if (status !== 200) return ''
    const id = String(fieldsOf(body)['id'])
    paths.set(id, new URL(String(fileIn(body)['url'])).pathname)
    return id
  },
  poll: null,
  phaseOf: () => null,
  content: (id) => ({ path: paths.get(id) ?? '/generated-videos/none.mp4' }),
})

interface Answered {
  readonly status: number
  readonly body: Record<string, unknown>
}

async function started(context: TestContext, options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await startSimulator({ dialect: 'localai', ...options })
  context.after(() => simulator.close())
  return simulator
}

async function make({ url }: Simulator, fields: object, headers: object = {}): Promise<Answered> {
  const response = await fetch(`${url}/video`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model: 'longcat-video', prompt: 'a fox', ...fields }),
  })
  return { status: response.status, body: fieldsOf(await response.json()) }
}

test('localai: the answer comes once the video is made, and links to its file', async (context) => {
  const clock = new TestClock()
  const simulator = await started(context, { clock, render: { kind: 'timed', speed: 1 } })
  const beganSeconds = Math.floor(clock.nowMs() / 1000)
  let isAnswered = false
  const making = make(simulator, { prompt: '[up:render=90s]' }).finally(() => {
    isAnswered = true
  })
  await clock.untilSleeping(11_250)
  clock.advance(11_250)
  await clock.untilSleeping(78_750)
  assert.deepEqual([simulator.ledger.length, isAnswered], [1, false])
  clock.advance(78_750)
  const { status, body } = await making
  assert.equal(status, 200)
  assert.deepEqual([body['id'], body['created']], [simulator.ledger[0]!.id, beganSeconds + 90])
  const { url } = fileIn(body)
  assert.match(String(url), new RegExp(`^${simulator.url}/generated-videos/b64\\d+\\.mp4$`, 'u'))
  const file = await fetch(String(url), { headers: { range: 'bytes=0-0' } })
  assert.deepEqual([file.status, (await file.arrayBuffer()).byteLength], [206, 1])
})

test('localai: a video inside the answer is on no disk', async (context) => {
  const simulator = await started(context)
  const { body } = await make(simulator, { response_format: 'b64_json' })
  const { url, b64_json: text } = fileIn(body)
  assert.equal(url, undefined)
  assert.ok(clipBytes('mp4').equals(Buffer.from(String(text), 'base64')))
})

test('localai: a model that fails answers with an error, by its own status if any', async (context) => {
  const simulator = await started(context)
  const failed = await make(simulator, {
    prompt: '[up:steps=failed][up:failed=rpc error: CUDA out of memory]',
  })
  const oom = { code: 500, message: 'rpc error: CUDA out of memory', type: '' }
  assert.deepEqual(failed, { status: 500, body: { error: oom } })
  const cooling = await make(simulator, {
    prompt: '[up:failed=model load recently failed][up:failed-code=503]',
  })
  assert.deepEqual([cooling.status, fieldsOf(cooling.body['error'])['code']], [503, 503])
  assert.equal(simulator.ledger.length, 2)
})

const REFUSED = [
  ['no model', { model: '' }, 'code=400, message=Bad Request'],
  [
    'a text for a number',
    { width: '512' },
    'code=400, message=Unmarshal type error: expected=int32, got=string, field=width',
  ],
  [
    'a number that is too large',
    { seed: 2 ** 31 },
    'code=400, message=Unmarshal type error: expected=int32, got=number 2147483648, field=seed',
  ],
  [
    'a picture that is empty',
    { start_image: 'data:image/png;base64,' },
    'code=400, message=invalid start_image: media payload is empty',
  ],
  [
    'a picture that is no base64',
    { end_image: 'boat.png' },
    'code=400, message=invalid end_image: illegal base64 data',
  ],
] as const

for (const [title, fields, message] of REFUSED) {
  test(`localai: ${title} is refused`, async (context) => {
    const simulator = await started(context)
    const { status, body } = await make(simulator, fields)
    assert.deepEqual([status, body], [400, { error: { code: 400, message, type: '' } }])
    assert.equal(simulator.ledger[0]!.accepted, false)
  })
}

test('localai: pictures and lengths that it can read are good, and an empty prompt too', async (context) => {
  const simulator = await started(context)
  const fields = { prompt: '', start_image: 'AAAA', end_image: 'https://192.0.2.7/x.png', num_frames: 81 }
  assert.equal((await make(simulator, fields)).status, 200)
})

test('localai: a key is wanted where there are any, in one of its headers', async (context) => {
  const simulator = await started(context, { keys: ['k'], models: ['longcat-video'] })
  const none = await make(simulator, {})
  const error = { code: 401, message: 'An authentication key is required', type: 'invalid_request_error' }
  assert.deepEqual(none, { status: 401, body: { error } })
  for (const name of ['x-api-key', 'xi-api-key']) {
    assert.equal((await make(simulator, {}, { [name]: 'k' })).status, 200)
  }
  const other = await make(simulator, { model: 'other' }, { authorization: 'Bearer k' })
  assert.equal(other.status, 400)
  const headers = { authorization: 'Bearer k' }
  const models: unknown = await (await fetch(`${simulator.url}/v1/models`, { headers })).json()
  assert.deepEqual(models, { object: 'list', data: [{ id: 'longcat-video', object: 'model' }] })
  const missing = await fetch(`${simulator.url}/generated-videos/b641.mp4`, { headers })
  assert.equal(missing.status, 404)
})
