import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import { dialectContract } from '../../../test/dialect-contract.ts'
import type { DialectSubject, Reply } from '../../../test/dialect-subject.ts'
import { ask, fieldsOf } from '../../../test/test-client.ts'
import { TestClock } from '../../../test/test-clock.ts'
import type { Phase } from '../../phase.ts'
import { startSimulator, type Simulator, type SimulatorOptions } from '../../simulator.ts'

const TEXT = '/v1/videos/text2video'
const IMAGE = '/v1/videos/image2video'
const MANY = '/v1/videos/multi-image2video'

const PHASES: Readonly<Record<string, Phase>> = {
  submitted: 'queued',
  processing: 'running',
  succeed: 'done',
  failed: 'failed',
}

const recordOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? fieldsOf(value) : {}
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

const dataOf = ({ body }: Pick<Reply, 'body'>): Record<string, unknown> => {
  const { code, data } = recordOf(body)
  return code === 0 ? recordOf(data) : {}
}

function videoOf(data: Record<string, unknown>): Record<string, unknown> {
  const { videos } = recordOf(data['task_result'])
  return Array.isArray(videos) ? recordOf(videos[0]) : {}
}

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** As the provider's page on authentication has it, without its library. */
function tokenOf(keys: string, claims: object, alg = 'HS256'): string {
  const [iss = '', secret = ''] = keys.split(':')
  const head = `${encoded({ alg, typ: 'JWT' })}.${encoded({ iss, ...claims })}`
  return `${head}.${createHmac('sha256', secret).update(head).digest('base64url')}`
}

const SUBJECT: DialectSubject = {
  dialect: 'kling',
  credentials: (key) => ({ authorization: `Bearer ${key}` }),
  create: (prompt, { token, callbackUrl }) => ({
    method: 'POST',
    path: TEXT,
    json: {
      model_name: 'kling-v2-6',
      prompt,
      duration: '5',
      ...(token === undefined ? {} : { external_task_id: token }),
      ...(callbackUrl === undefined ? {} : { callback_url: callbackUrl }),
    },
  }),
  idOf: (reply) => textOf(dataOf(reply)['task_id']),
  poll: (id) => ({ path: `${TEXT}/${id}` }),
  phaseOf: (reply) => PHASES[textOf(dataOf(reply)['task_status'])] ?? null,
  link: async (id, asker) => textOf(videoOf(dataOf(await asker({ path: `${TEXT}/${id}` })))['url']),
}

dialectContract(SUBJECT)

dialectContract({
  ...SUBJECT,
  name: 'kling by token',
  key: 'access-1:secret-1',
  wrongKey: 'access-1:secret-2',
  // Good at the times of all clocks of the suite.
  credentials: (keys) => ({ authorization: `Bearer ${tokenOf(keys, { exp: 4_000_000_000, nbf: 0 })}` }),
})

async function started(context: TestContext, options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await startSimulator({ dialect: 'kling', ...options })
  context.after(() => simulator.close())
  return simulator
}

type Seen = { status: number; body: Record<string, unknown> }

async function asked(url: string, path: string, bearer = 'any'): Promise<Seen> {
  const { status, body } = await ask(url + path, { headers: { authorization: `Bearer ${bearer}` } })
  return { status, body: fieldsOf(body) }
}

async function submit(url: string, fields: object, path = TEXT): Promise<Seen> {
  const headers = { 'content-type': 'application/json' }
  const { status, body } = await ask(url + path, { method: 'POST', headers, body: JSON.stringify(fields) })
  return { status, body: fieldsOf(body) }
}

async function idOf(url: string, fields: object, path = TEXT): Promise<string> {
  const reply = await submit(url, fields, path)
  assert.equal(reply.status, 200, JSON.stringify(reply.body))
  return textOf(dataOf(reply)['task_id'])
}

const codeOf = ({ status, body }: Seen): [number, unknown] => [status, body['code']]

test('kling: times in milliseconds, numbers as texts, and an id that no number can hold', async (context) => {
  const clock = new TestClock()
  const { url, filesUrl } = await started(context, { clock })
  const created = await submit(url, { prompt: 'a boat', external_task_id: 'our-7', duration: '10' })
  const { task_id: id, ...waiting } = dataOf(created)
  assert.match(textOf(id), /^\d{18}$/u)
  assert.deepEqual(waiting, {
    task_status: 'submitted',
    task_info: { external_task_id: 'our-7' },
    created_at: 1_790_000_000_000,
    updated_at: 1_790_000_000_000,
  })
  const path = `${TEXT}/${textOf(id)}`
  assert.deepEqual(dataOf(await asked(url, path)), { task_id: id, task_status_msg: '', ...waiting })
  await asked(url, path)
  clock.advance(61_000)
  const data = dataOf(await asked(url, path))
  const { url: link, ...video } = videoOf(data)
  assert.ok(textOf(link).startsWith(`${filesUrl}/`))
  assert.deepEqual(video, { id: `video-${textOf(id)}`, duration: '10.0' })
  const { task_status: word, updated_at: updatedAt, final_unit_deduction: units } = data
  assert.deepEqual([word, updatedAt, units], ['succeed', 1_790_000_061_000, '1'])
})

test('kling: success may come without a video, and a failure is a text', async (context) => {
  const { url } = await started(context)
  const empty = await idOf(url, { prompt: '[up:steps=done][up:no-url]' })
  assert.deepEqual(dataOf(await asked(url, `${TEXT}/${empty}`))['task_result'], { videos: [] })
  const failed = await idOf(url, { prompt: '[up:steps=failed][up:failed=risk control]' })
  const { task_status: word, task_status_msg: message } = dataOf(await asked(url, `${TEXT}/${failed}`))
  assert.deepEqual([word, message], ['failed', 'risk control'])
})

test('kling: a task is there under the path that made it only, by either of its ids', async (context) => {
  const { url } = await started(context)
  const id = await idOf(url, { image: 'aGVsbG8=', external_task_id: 'our/8', prompt: 'x' }, IMAGE)
  for (const path of [`${TEXT}/${id}`, `${MANY}/${id}`, `${TEXT}/our%2F8`, `${IMAGE}/nothing`])
    assert.deepEqual(codeOf(await asked(url, path)), [404, 1203])
  for (const path of [`${IMAGE}/${id}`, `${IMAGE}/our%2F8`])
    assert.equal(dataOf(await asked(url, path))['task_id'], id)
  const other = await idOf(url, { prompt: 'y' })
  const listed = async (path: string): Promise<unknown[]> => {
    const { data } = (await asked(url, path)).body
    assert.ok(Array.isArray(data))
    return data.map((item) => fieldsOf(item)['task_id'])
  }
  const newest = await idOf(url, { prompt: 'z' })
  assert.deepEqual(await listed(TEXT), [newest, other])
  assert.deepEqual(await listed(`${TEXT}?pageNum=2&pageSize=1`), [other])
  assert.deepEqual(await listed(IMAGE), [id])
  assert.deepEqual(codeOf(await asked(url, `${TEXT}?pageSize=501`)), [400, 1201])
})

test('kling: a token has a time, an owner and a signature', async (context) => {
  const clock = new TestClock()
  const { url, ledger } = await started(context, { clock, keys: ['access:secret', 'plain'] })
  const nowS = clock.nowMs() / 1_000
  const good = { exp: nowS + 1_800, nbf: nowS - 5 }
  const said = async (bearer: string): Promise<unknown> => (await asked(url, TEXT, bearer)).body['code']
  assert.equal(await said(tokenOf('access:secret', good)), 0)
  assert.equal(await said('plain'), 0)
  const none = await ask(url + TEXT, { headers: { authorization: '' } })
  assert.deepEqual([none.status, fieldsOf(none.body)['code']], [401, 1001])
  assert.equal(await said(tokenOf('access:other', good)), 1002)
  assert.equal(await said(tokenOf('stranger:secret', good)), 1002)
  assert.equal(await said(tokenOf('plain:', good)), 1002)
  assert.equal(await said(tokenOf('access:secret', good, 'none')), 1002)
  assert.equal(await said('else'), 1002)
  assert.equal(await said(tokenOf('access:secret', { ...good, nbf: nowS + 60 })), 1003)
  const kept = tokenOf('access:secret', good)
  clock.advance(1_801_000)
  assert.equal(await said(kept), 1004)
  assert.equal(ledger.length, 0)
})

const DATA_URI = 'data:image/png;base64,aGVsbG8='
const REFUSED: readonly [string, object, [number, number], RegExp, string?][] = [
  ['no prompt', {}, [400, 1201], /prompt/u],
  ['a prompt of 2501 characters', { prompt: 'x'.repeat(2_501) }, [400, 1201], /2500/u],
  ['a model nobody has', { prompt: 'x', model_name: 'sora-2' }, [404, 1203], /does not exist/u],
  ['a model of another path', { prompt: 'x', model_name: 'kling-v1-5' }, [400, 1201], /text2video/u],
  ['a length between', { prompt: 'x', duration: '7' }, [400, 1201], /duration.*5, 10/u],
  ['a mode nobody has', { prompt: 'x', mode: '4k' }, [400, 1201], /mode/u],
  ['a ratio nobody has', { prompt: 'x', aspect_ratio: '21:9' }, [400, 1201], /aspect_ratio/u],
  ['a scale above one', { prompt: 'x', cfg_scale: 2 }, [400, 1201], /cfg_scale/u],
  ['a callback to nowhere', { prompt: 'x', callback_url: 'there' }, [400, 1201], /callback_url/u],
  ['no image', { prompt: 'x' }, [400, 1201], /image/u, IMAGE],
  ['a data URI', { prompt: 'x', image: DATA_URI }, [400, 1201], /without/u, IMAGE],
  ['no images', { prompt: 'x', image_list: [] }, [400, 1201], /image_list/u, MANY],
  ['an image of no kind', { prompt: 'x', image_list: [{ image: DATA_URI }] }, [400, 1201], /without/u, MANY],
]

for (const [name, fields, code, message, path = TEXT] of REFUSED) {
  test(`kling: ${name} is refused with ${code[1]} (${path})`, async (context) => {
    const { url, ledger } = await started(context)
    const reply = await submit(url, fields, path)
    assert.deepEqual(codeOf(reply), code)
    assert.match(textOf(reply.body['message']), message)
    assert.equal(ledger[0]!.accepted, false)
  })
}

test('kling: what each path takes, and the model where none is named', async (context) => {
  const { url, ledger } = await started(context)
  await idOf(url, { prompt: 'x' })
  await idOf(url, { prompt: 'x', model_name: 'kling-v3', duration: '15' })
  await idOf(url, { image_tail: 'https://a.example/a.png' }, IMAGE)
  await idOf(url, { prompt: 'x', image_list: [{ image: 'aGVsbG8=' }] }, MANY)
  const models = ledger.map(({ model }) => model)
  assert.deepEqual(models, ['kling-v1', 'kling-v3', 'kling-v1', 'kling-v1-6'])
})

test('kling: a 429 is no money, too fast, or too many at once', async (context) => {
  const { url } = await started(context)
  for (const code of [1100, 1101, 1102, 1302, 1303, 1304]) {
    const reply = await submit(url, { prompt: `[up:create=429][up:failed-code=${code}]` })
    assert.deepEqual(codeOf(reply), [429, code])
  }
  assert.deepEqual(codeOf(await submit(url, { prompt: '[up:create=429]' })), [429, 1302])
  assert.deepEqual(codeOf(await submit(url, { prompt: '[up:create=400][up:failed-code=1301]' })), [400, 1301])
  assert.deepEqual(codeOf(await submit(url, { prompt: '[up:create=500]' })), [500, 5000])
  assert.deepEqual(codeOf(await asked(url, '/v1/videos/extend')), [404, 1202])
})

test('kling: where limits count, a sixth task is taken once one has ended', async (context) => {
  const { url, ledger } = await started(context, { limits: true })
  const [first] = [await idOf(url, { prompt: '[up:steps=done]' })]
  for (let tasks = 1; tasks < 5; tasks += 1)
    await idOf(url, { prompt: 'x', external_task_id: `our-${tasks}` })
  const refused = await submit(url, { prompt: 'x' })
  assert.deepEqual(codeOf(refused), [429, 1303])
  assert.equal(refused.body['message'], 'parallel task over resource pack limit')
  assert.equal(ledger.at(-1)!.accepted, false)
  await asked(url, `${TEXT}/${first}`)
  await idOf(url, { prompt: 'x' })
})

test('kling: a callback is the task without an envelope', async (context) => {
  const simulator = await started(context, { clock: new TestClock() })
  const callbackUrl = 'http://127.0.0.1:9/hook'
  const prompt = '[up:steps=failed][up:failed=risk control][up:callback=lost]'
  const id = await idOf(simulator.url, { prompt, callback_url: callbackUrl, external_task_id: 'our-7' })
  const record = await simulator.callback(id, { phase: 'failed' })
  assert.deepEqual([record.attempt, record.accepted], [1, false])
  assert.deepEqual(JSON.parse(record.body), {
    task_id: id,
    task_status: 'failed',
    task_status_msg: 'risk control',
    task_info: { external_task_id: 'our-7' },
    created_at: 1_790_000_000_000,
    updated_at: 1_790_000_000_000,
    final_unit_deduction: '0',
    task_result: { images: [], videos: [] },
  })
  const done = await simulator.callback(id, { phase: 'done' })
  assert.match(textOf(videoOf(fieldsOf(JSON.parse(done.body)))['url']), /^http:/u)
})
