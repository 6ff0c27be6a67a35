import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { after, before, test } from 'node:test'
import { ConfigError, loadConfig } from '../../src/config.ts'
import { ask, untilEnded, type Answer } from '../e2e/client.ts'
import { startCanaryProcess, type CanaryProcess } from './canary-process.ts'
import { startEchoingProvider, startEchoingReceiver, type SeeingServer } from './echoing-provider.ts'

// A secret of each kind goes in wherever it can. Afterwards everything that came out is searched for it.

const canary = (name: string): string => `CANARY-${name}-0123456789abcdefghijklmnop`

const SET = {
  adminKey: canary('admin-key'),
  secret: canary('secret'),
  secretPrevious: canary('secret-previous'),
  providerKey: canary('provider-key'),
  callbackToken: canary('callback-token'),
  wrongKey: canary('wrong-key'),
  queryKey: canary('query-key'),
} as const

/** Those that the gateway makes itself, once it has told them. */
type MadeName = 'madeKey' | 'projectSecret' | 'endpointSecret' | 'rotatedSecret' | 'linkSignature'
type Name = keyof typeof SET | MadeName

type Place = 'log' | 'answers' | 'files' | 'provider' | 'receiver'

/** A text that came out, and of which place: `answers POST /v1/keys`, `files reelay.db`. */
type Output = { place: Place; where: string; bytes: Buffer }

const TIMEOUT = { timeout: 30_000 }

let directory: string
let provider: SeeingServer
let receiver: SeeingServer
let gateway: CanaryProcess
const secrets = new Map<string, string>(Object.entries(SET))
const outputs: Output[] = []

/** One request, whose answer is kept for the search. `route` is its name in the table of what may be where. */
async function call(
  method: string,
  path: string,
  { body, key, headers = {} }: { body?: object; key?: string | null; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const target = { url: gateway.url, key: SET.adminKey }
  const answer = await ask(target, path, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    body: body === undefined ? null : JSON.stringify(body),
    ...(key === undefined ? {} : { key }),
  })
  const where = `${method} ${path.replace(/\?.*/, '').replace(/_[0-9a-z]{26}/g, '_')}`
  const told = [JSON.stringify([...answer.headers]), answer.bytes.toString('latin1')].join('\n')
  outputs.push({ place: 'answers', where, bytes: Buffer.from(told, 'latin1') })
  return answer
}

const fieldsOf = ({ json }: Answer): Record<string, unknown> => json as Record<string, unknown>

async function create(prompt: string): Promise<string> {
  const callback = `${receiver.url}/callback?token=${SET.callbackToken}`
  const body = { model: 'wan2.6', prompt, callback_url: callback, metadata: { a: 1 } }
  const answer = await call('POST', '/v1/videos', { body })
  assert.equal(answer.status, 200, JSON.stringify(answer.json))
  return String(fieldsOf(answer)['id'])
}

async function keep(name: MadeName, answer: Promise<Answer>, pick: (json: never) => unknown): Promise<void> {
  const value = pick((await answer).json as never)
  assert.equal(typeof value, 'string', name)
  secrets.set(name, String(value))
}

const signatureOf = (url: string): string | null => new URL(url).searchParams.get('sig')

/** Everything that a client, an administrator and somebody without a key can do, with a provider that echoes. */
async function useEverything(): Promise<void> {
  const body = { url: `${receiver.url}/endpoint`, events: ['*'] }
  const made = call('POST', '/v1/endpoints', { body })
  await keep('endpointSecret', made, ({ secret }: { secret: string }) => secret)
  const endpoint = `/v1/endpoints/${String(fieldsOf(await made)['id'])}`
  await keep('madeKey', call('POST', '/v1/keys', { body: { name: 'a' } }), ({ key }: { key: string }) => key)
  const ids: string[] = []
  for (const prompt of ['plain', 'echo-400', 'echo-failed', 'echo-poll']) ids.push(await create(prompt))
  for (const id of ids) await untilEnded({ url: gateway.url, key: SET.adminKey }, id)
  // These do not end by themselves. The last one lets the account rest.
  for (const prompt of ['echo-link', 'echo-500', 'echo-401']) {
    ids.push(await create(prompt))
    await provider.untilSeen(({ url, body: sent }) => (prompt === 'echo-link' ? url : sent).includes(prompt))
  }
  const done = call('GET', `/v1/videos/${ids[0]}`)
  await keep('linkSignature', done, ({ video_url: url }: { video_url: string }) => signatureOf(url))
  const link = new URL(String(fieldsOf(await done)['video_url']))
  await call('GET', link.pathname + link.search, { key: null })
  await call('GET', `${link.pathname}?exp=1&sig=${secrets.get('linkSignature')}`, { key: null })
  const project = '/v1/projects/default'
  await keep(
    'projectSecret',
    call('GET', `${project}/webhook-secret`),
    (list: SecretList) => list.data[0]?.secret,
  )
  await call('POST', `${endpoint}/test`)
  await keep(
    'rotatedSecret',
    call('POST', `${endpoint}/rotate-secret`),
    ({ secret }: { secret: string }) => secret,
  )
  await receiver.untilSeen(({ url }) => url.startsWith('/callback'))
  for (const id of ids) {
    for (const path of ['', '/events', '/deliveries']) await call('GET', `/v1/videos/${id}${path}`)
  }
  await readLists(endpoint)
  await misuse()
}

type SecretList = { data: readonly { secret: string }[] }

async function readLists(endpoint: string): Promise<void> {
  const deliveries = (fieldsOf(await call('GET', '/v1/deliveries?limit=100'))['data'] ?? []) as {
    id: string
  }[]
  assert.ok(deliveries.length > 0)
  for (const { id } of deliveries) await call('GET', `/v1/deliveries/${id}`)
  const paths = ['videos', 'keys', 'projects', 'providers', 'endpoints', 'models'].map(
    (name) => `/v1/${name}`,
  )
  for (const path of [
    ...paths,
    endpoint,
    `${endpoint}/secret`,
    '/healthz',
    '/readyz',
    '/openapi.json',
    '/docs',
  ])
    await call('GET', path)
}

/** Requests that are refused, with secrets where they do not belong. */
async function misuse(): Promise<void> {
  await call('GET', '/v1/videos', { key: SET.wrongKey })
  await call('GET', `/v1/videos?api_key=${SET.queryKey}`, { key: null })
  await call('GET', `/v1/videos/${'x'.repeat(10)}?access_token=${SET.queryKey}`)
  await call('POST', '/v1/keys', { key: SET.wrongKey, body: { name: 'a' } })
  await call('GET', '/v1/videos', { key: null, headers: { authorization: `Basic ${SET.wrongKey}` } })
  await call('GET', '/v1/videos', {
    headers: { cookie: `session=${SET.wrongKey}`, 'x-api-key': SET.wrongKey },
  })
  await call('POST', '/v1/videos', {
    body: { prompt: 'a', model: 'none', callback_url: `ftp://a/${SET.callbackToken}` },
  })
  await call('POST', '/v1/videos', {
    body: { prompt: 'a', callback_url: `http://10.0.0.1/?t=${SET.callbackToken}` },
  })
}

async function readFiles(of: string): Promise<void> {
  const entries = await readdir(of, { recursive: true, withFileTypes: true })
  for (const entry of entries.filter((other) => other.isFile())) {
    const path = join(entry.parentPath, entry.name)
    outputs.push({ place: 'files', where: relative(of, path), bytes: await readFile(path) })
  }
}

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'reelay-canary-'))
  provider = await startEchoingProvider()
  receiver = await startEchoingReceiver()
  gateway = await startCanaryProcess({
    REELAY_DATA_DIR: directory,
    REELAY_API_KEY: SET.adminKey,
    REELAY_SECRET: SET.secret,
    REELAY_SECRET_PREVIOUS: SET.secretPrevious,
    REELAY_PROVIDERS: 'cometapi',
    REELAY_WEBHOOK_SCHEDULE: '0s,1ms,1ms',
    COMETAPI_KEY: SET.providerKey,
    COMETAPI_BASE_URL: provider.url,
  })
  try {
    await useEverything()
    // Once while it runs, with the journal of the database beside it, and once after its end.
    await readFiles(directory)
  } finally {
    await gateway.stop()
  }
  await readFiles(directory)
  outputs.push({ place: 'log', where: '', bytes: Buffer.from(gateway.words()) })
  for (const [place, server] of [
    ['provider', provider],
    ['receiver', receiver],
  ] as const) {
    for (const request of server.seen)
      outputs.push({
        place,
        where: `${request.method} ${request.url}`,
        bytes: Buffer.from(JSON.stringify(request)),
      })
  }
}, TIMEOUT)
after(async () => {
  provider.close()
  receiver.close()
  await rm(directory, { recursive: true, force: true })
})

/** Where a secret may be: by place, the outputs whose name matches. Everywhere else it is a leak. */
const ALLOWED: Readonly<Record<Name, Partial<Record<Place, RegExp>>>> = {
  adminKey: {},
  secret: {},
  secretPrevious: {},
  providerKey: { provider: /./ },
  // Where it is sent to, what keeps it, and the log of deliveries, which has to name the address.
  callbackToken: { receiver: /^POST \/callback/, files: /^reelay\.db/, answers: /^GET \S*\/deliveries/ },
  wrongKey: {},
  queryKey: {},
  madeKey: { answers: /^POST \/v1\/keys$/ },
  projectSecret: { answers: /\/webhook-secret$/ },
  endpointSecret: { answers: /^POST \/v1\/endpoints$|\/secret$/ },
  rotatedSecret: { answers: /\/rotate-secret$|\/secret$/ },
  linkSignature: { answers: /^(GET|POST) \/v1\/videos/, receiver: /./ },
}

/** A secret as it may stand in a text: as it is, in a URL, in base64 at any offset. */
function formsOf(value: string): readonly Buffer[] {
  const base64 = [0, 1, 2].map((offset) =>
    Buffer.from(`${'x'.repeat(offset)}${value}`)
      .toString('base64')
      .slice(4, -4),
  )
  return [value, encodeURIComponent(value), Buffer.from(value).toString('hex'), ...base64].map((form) =>
    Buffer.from(form),
  )
}

function leaksOf(name: Name, place: Place): readonly string[] {
  const value = secrets.get(name)
  assert.ok(value !== undefined && value.length > 16, `${name} was never made`)
  const forms = formsOf(value)
  const allowed = ALLOWED[name][place]
  return outputs
    .filter((output) => output.place === place && allowed?.test(output.where) !== true)
    .filter(({ bytes }) => forms.some((form) => bytes.includes(form)))
    .map(({ where }) => `${name} in ${place} ${where}`)
}

const NAMES = Object.keys(ALLOWED) as Name[]
const PLACES: readonly Place[] = ['log', 'answers', 'files', 'provider', 'receiver']

for (const place of PLACES) {
  for (const name of NAMES) {
    test(`${name} is not in the wrong ${place}`, () => {
      assert.deepEqual([...new Set(leaksOf(name, place))], [])
    })
  }
}

test('no link that opens something is kept or logged', () => {
  const link = /[?&]sig=[\w-]{20,}/
  assert.ok(outputs.some(({ place, bytes }) => place === 'receiver' && link.test(bytes.toString('latin1'))))
  const kept = outputs.filter(
    ({ place, bytes }) => ['log', 'files', 'provider'].includes(place) && link.test(bytes.toString('latin1')),
  )
  assert.deepEqual(
    kept.map(({ where }) => where),
    [],
  )
})

test('the search finds what is there', () => {
  const count = (place: Place): number => outputs.filter((output) => output.place === place).length
  assert.ok(count('answers') > 50)
  assert.ok(count('files') > 3)
  assert.ok(count('provider') > 8)
  assert.ok(count('receiver') > 5)
  assert.ok(/"level":20/.test(gateway.words()), 'the log is one of debug level')
  const finds = (name: Name, place: Place): boolean => {
    const forms = formsOf(secrets.get(name) ?? '')
    return outputs.some(
      (output) => output.place === place && forms.some((form) => output.bytes.includes(form)),
    )
  }
  const rows: readonly [Name, Place][] = [
    ['providerKey', 'provider'],
    ['callbackToken', 'receiver'],
    ['callbackToken', 'files'],
    ['madeKey', 'answers'],
    ['endpointSecret', 'answers'],
    ['linkSignature', 'answers'],
  ]
  for (const [name, place] of rows) assert.ok(finds(name, place), `${name} in ${place}`)
})

test('generated secrets are in their own files only, which nobody else can read', async (t) => {
  const own = await mkdtemp(join(tmpdir(), 'reelay-canary-'))
  t.after(() => rm(own, { recursive: true, force: true }))
  const process = await startCanaryProcess({ REELAY_DATA_DIR: own, REELAY_PROVIDERS: 'local' })
  const key = (await readFile(join(own, 'admin.key'), 'utf8')).trim()
  const told: string[] = []
  for (const path of ['/v1/keys', '/v1/projects', '/readyz', '/v1/providers']) {
    const { bytes } = await ask({ url: process.url, key }, path)
    told.push(bytes.toString('utf8'))
  }
  await process.stop()
  for (const name of ['admin.key', 'secret']) {
    const path = join(own, name)
    assert.equal((await stat(path)).mode & 0o077, 0)
    const value = (await readFile(path, 'utf8')).trim()
    assert.ok(value.length >= 32)
    for (const text of [...told, process.words()]) assert.ok(!text.includes(value), name)
    for (const entry of await readdir(own, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || entry.name === name) continue
      const bytes = await readFile(join(entry.parentPath, entry.name))
      assert.ok(!bytes.includes(Buffer.from(value)), `${name} in ${entry.name}`)
    }
  }
})

test('wrong settings are told without their values', () => {
  const rows: readonly Record<string, string>[] = [
    { REELAY_API_KEY: 'CANARY-short' },
    { REELAY_SECRET: 'CANARY-short' },
    { REELAY_SECRET_PREVIOUS: 'CANARY-short' },
    { COMETAPI_KEY: 'CANARY-key', COMETAPI_BASE_URL: 'ftp://user:CANARY-password@a.test' },
    { OPENAI_VIDEO_BASE_URL: 'nonsense CANARY-url' },
  ]
  for (const row of rows) {
    const error = ((): unknown => {
      try {
        return loadConfig(row)
      } catch (thrown) {
        return thrown
      }
    })()
    assert.ok(error instanceof ConfigError, JSON.stringify(row))
    assert.ok(!error.message.includes('CANARY'), error.message)
  }
})
