import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { dialectContract } from '../../../test/dialect-contract.ts'
import type { Ask, DialectSubject, Reply } from '../../../test/dialect-subject.ts'
import { ask, fieldsOf } from '../../../test/test-client.ts'
import type { Phase } from '../../phase.ts'
import { textField } from '../../request.ts'
import { startSimulator, type Simulator } from '../../simulator.ts'

const KLING = '/kling/v1/videos/text2video'
const RUNWAY = '/runwayml/v1/image_to_video'
const RUNWAY_TASKS = '/runwayml/v1/tasks'
const GROK = '/grok/v1/videos'

type Fields = Record<string, unknown>

const recordOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? fieldsOf(value) : {}
const credentials = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` })
const firstOf = (list: unknown): unknown => (Array.isArray(list) ? list[0] : undefined)

function klingFields(prompt: string): Fields {
  return { model_name: 'kling-v2-6', prompt }
}

function runwayFields(promptText: string): Fields {
  const promptImage = 'https://a.example/a.png'
  return { model: 'gen4_turbo', promptText, promptImage, ratio: '1280:720', duration: 5 }
}

function grokFields(prompt: string): Fields {
  return { model: 'grok-imagine-video', prompt }
}

const KLING_PHASES: Readonly<Record<string, Phase>> = {
  submitted: 'queued',
  processing: 'running',
  succeed: 'done',
  failed: 'failed',
}

const RUNWAY_PHASES: Readonly<Record<string, Phase>> = {
  PENDING: 'queued',
  RUNNING: 'running',
  SUCCEEDED: 'done',
  FAILED: 'failed',
}

const GROK_PHASES: Readonly<Record<string, Phase>> = { pending: 'running', done: 'done', failed: 'failed' }

const klingLink = ({ body }: Pick<Reply, 'body'>): string => {
  const { task_result: result } = recordOf(recordOf(body)['data'])
  return textField(recordOf(firstOf(recordOf(result)['videos'])), 'url')
}

const runwayLink = ({ body }: Pick<Reply, 'body'>): string =>
  textField({ link: firstOf(recordOf(body)['output']) }, 'link')

const grokLink = ({ body }: Pick<Reply, 'body'>): string =>
  textField(recordOf(recordOf(body)['video']), 'url')

/** One of the makers' routes as the suite asks for it. */
interface Native {
  readonly subject: DialectSubject
  readonly link: (reply: Pick<Reply, 'body'>) => string
}

function native(
  name: string,
  create: string,
  poll: string,
  rest: Pick<DialectSubject, 'idOf' | 'phaseOf' | 'hidden' | 'callsBack'> & {
    fields: (prompt: string) => Fields
    link: Native['link']
  },
): Native {
  const { fields, link, ...others } = rest
  const look = (id: string): Ask => ({ path: `${poll}/${id}` })
  const subject: DialectSubject = {
    dialect: 'comet',
    name: `comet ${name}`,
    credentials,
    create: (prompt, { callbackUrl }) => ({
      method: 'POST',
      path: create,
      json: { ...fields(prompt), ...(callbackUrl === undefined ? {} : { callback_url: callbackUrl }) },
    }),
    poll: look,
    link: async (id, asker) => link(await asker(look(id))),
    ...others,
  }
  return { subject, link }
}

const NATIVES: Readonly<Record<'kling' | 'runwayml' | 'grok', Native>> = {
  kling: native('kling', KLING, KLING, {
    fields: klingFields,
    link: klingLink,
    idOf: ({ body }) => textField(recordOf(recordOf(body)['data']), 'task_id'),
    phaseOf: ({ body }) => KLING_PHASES[textField(recordOf(recordOf(body)['data']), 'task_status')] ?? null,
  }),
  runwayml: native('runwayml', RUNWAY, RUNWAY_TASKS, {
    fields: runwayFields,
    link: runwayLink,
    idOf: ({ body }) => textField(recordOf(body), 'id'),
    phaseOf: ({ body }) => RUNWAY_PHASES[textField(recordOf(body), 'status')] ?? null,
    callsBack: false,
  }),
  grok: native('grok', `${GROK}/generations`, GROK, {
    fields: grokFields,
    link: grokLink,
    idOf: ({ body }) => textField(recordOf(body), 'request_id'),
    phaseOf: ({ body }) => GROK_PHASES[textField(recordOf(body), 'status')] ?? null,
    hidden: ['queued'],
    callsBack: false,
  }),
}

for (const { subject } of Object.values(NATIVES)) dialectContract(subject)

async function started(context: TestContext): Promise<Simulator> {
  const simulator = await startSimulator({ dialect: 'comet' })
  context.after(() => simulator.close())
  return simulator
}

async function submit(url: string, path: string, fields: Fields): Promise<{ status: number; body: Fields }> {
  const headers = { 'content-type': 'application/json' }
  const { status, body } = await ask(url + path, { method: 'POST', headers, body: JSON.stringify(fields) })
  return { status, body: fieldsOf(body) }
}

async function klingId(url: string, prompt: string): Promise<string> {
  const { body } = await submit(url, KLING, klingFields(prompt))
  return textField(recordOf(body['data']), 'task_id')
}

async function runwayId(url: string, prompt: string): Promise<string> {
  const { body } = await submit(url, RUNWAY, runwayFields(prompt))
  return textField(body, 'id')
}

async function grokId(url: string, prompt: string): Promise<string> {
  const { body } = await submit(url, `${GROK}/generations`, grokFields(prompt))
  return textField(body, 'request_id')
}

test("comet: each route has its maker's ids, and does not know those of another", async (context) => {
  const { url } = await started(context)
  const ids = [await klingId(url, 'a'), await runwayId(url, 'b'), await grokId(url, 'c')]
  const forms = [/^\d{18}$/u, /^[\da-f-]{36}$/u, /^[\da-f-]{36}$/u]
  const routes = [KLING, RUNWAY_TASKS, GROK]
  for (const [index, id] of ids.entries()) {
    assert.match(id, forms[index]!)
    for (const [other, route] of routes.entries()) {
      const { status, body } = await ask(`${url}${route}/${id}`)
      if (other === index) assert.ok(status < 300, `${route}/${id}`)
      else assert.deepEqual([status, fieldsOf(body)['code']], [400, 'task_not_exist'])
    }
  }
  const elsewhere = await ask(`${url}/kling/v1/videos/image2video/${ids[0]}`)
  assert.equal(fieldsOf(elsewhere.body)['code'], 'task_not_exist')
})

const LOOKS = { kling: KLING, runwayml: RUNWAY_TASKS, grok: GROK } as const
const MAKE = { kling: klingId, runwayml: runwayId, grok: grokId } as const

for (const name of ['kling', 'runwayml', 'grok'] as const) {
  test(`comet: the wrapper on the route of ${name} has the maker's own task in it`, async (context) => {
    const { url } = await started(context)
    const id = await MAKE[name](url, '[up:wrapper]')
    const seen = []
    for (let polls = 0; polls < 3; polls += 1) {
      const { status, body } = await ask(`${url}${LOOKS[name]}/${id}`)
      assert.deepEqual([status, fieldsOf(body)['code']], [200, 'success'])
      seen.push(fieldsOf(fieldsOf(body)['data']))
    }
    assert.deepEqual(
      seen.map(({ task_id: told, status, progress }) => [told, status, progress]),
      [
        [id, 'QUEUED', '0%'],
        [id, 'IN_PROGRESS', '50%'],
        [id, 'SUCCESS', '100%'],
      ],
    )
    const { fail_reason: link, data: inner } = seen[2]!
    assert.match(String(link), /^http:/u)
    assert.equal(NATIVES[name].link({ body: inner }), link)
    assert.equal(seen[1]!['fail_reason'], '')
    const failed = await MAKE[name](url, '[up:wrapper][up:steps=failed][up:failed=too dark]')
    const { data } = fieldsOf((await ask(`${url}${LOOKS[name]}/${failed}`)).body)
    const { status, fail_reason: why } = fieldsOf(data)
    assert.deepEqual([status, why], ['FAILURE', 'too dark'])
  })
}

test("comet: the makers' refusals are passed on, and CometAPI's own are its own", async (context) => {
  const { url, ledger } = await started(context)
  const kling = await submit(url, KLING, { ...klingFields('x'), duration: '7' })
  assert.deepEqual([kling.status, kling.body['code']], [400, 1201])
  const runway = await submit(url, RUNWAY, { ...runwayFields('x'), ratio: '1:1' })
  assert.deepEqual([runway.status, runway.body['error']], [400, 'Validation of body failed'])
  const grok = await submit(url, `${GROK}/generations`, { ...grokFields('x'), duration: 99 })
  assert.deepEqual([grok.status, typeof grok.body['error']], [400, 'string'])
  const busy = await submit(url, KLING, klingFields('[up:create=429][up:failed-code=1303]'))
  assert.deepEqual([busy.status, busy.body['code']], [429, 1303])
  const own = await submit(url, KLING, klingFields('[up:create=429]'))
  assert.equal(recordOf(own.body['error'])['type'], 'comet_api_error')
  assert.ok(ledger.every(({ accepted }) => !accepted))
})

test("comet: only Kling's route is told where to call, and the body is Kling's", async (context) => {
  const simulator = await started(context)
  const { url, ledger } = simulator
  const callbackUrl = { callback_url: 'http://127.0.0.1:9/hook' }
  await submit(url, KLING, { ...klingFields('[up:callback=lost]'), ...callbackUrl })
  await submit(url, RUNWAY, { ...runwayFields('x'), ...callbackUrl })
  await submit(url, `${GROK}/generations`, { ...grokFields('x'), ...callbackUrl })
  await submit(url, '/v1/videos', { model: 'wan2.6', prompt: 'x', ...callbackUrl })
  assert.deepEqual(
    ledger.map((entry) => entry.callbackUrl),
    ['http://127.0.0.1:9/hook', null, null, null],
  )
  const record = await simulator.callback(ledger[0]!.id!, { phase: 'running' })
  const { task_id: id, task_status: word } = fieldsOf(JSON.parse(record.body))
  assert.deepEqual([id, word, record.accepted], [ledger[0]!.id, 'processing', false])
})
