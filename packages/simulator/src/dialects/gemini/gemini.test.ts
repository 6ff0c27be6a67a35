import assert from 'node:assert/strict'
import { createPublicKey, verify } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { callbackContract } from '../../../test/callback-contract.ts'
import { dialectContract, type DialectSubject, type It } from '../../../test/dialect-contract.ts'
import type { Reply } from '../../../test/dialect-subject.ts'
import { fieldsOf } from '../../../test/test-client.ts'
import { TestClock } from '../../../test/test-clock.ts'
import type { CallbackRecord } from '../../callback-record.ts'
import { clipBytes } from '../../clips.ts'
import type { Phase } from '../../phase.ts'
import type { Secrets } from '../../secrets.ts'
import { startSimulator, type Simulator, type SimulatorOptions } from '../../simulator.ts'
import { fileIdOf } from './files.ts'

const CREATE = '/v1beta/models/veo-3.1-generate-preview:predictLongRunning'

function samplesOf(body: unknown): readonly unknown[] {
  const response = fieldsOf(fieldsOf(body)['response'])
  const { generatedSamples } = fieldsOf(response['generateVideoResponse'])
  return Array.isArray(generatedSamples) ? generatedSamples : []
}

const uriOf = (sample: unknown): string => String(fieldsOf(fieldsOf(sample)['video'])['uri'])

function phaseOf({ status, body }: Reply): Phase | null {
  if (status !== 200) return null
  const { name, done, error } = fieldsOf(body)
  if (typeof name !== 'string') return null
  if (done === undefined) return 'running'
  if (error !== undefined) return fieldsOf(error)['code'] === 1 ? 'cancelled' : 'failed'
  return samplesOf(body).length > 0 ? 'done' : 'failed'
}

function partOf(text: string | undefined): Record<string, unknown> {
  return fieldsOf(JSON.parse(Buffer.from(text ?? '', 'base64url').toString('utf8')))
}

/** As Google's page says of addresses that a request names: a token by a key of the set, for us. */
function isToken({ headers, url }: CallbackRecord, { rsa }: Secrets): boolean {
  const [head, claims, signature = ''] = (headers['webhook-signature'] ?? '').split('.')
  const key = createPublicKey({ key: { ...rsa.publicJwk }, format: 'jwk' })
  const isSigned = verify(
    'sha256',
    Buffer.from(`${head}.${claims}`),
    key,
    Buffer.from(signature, 'base64url'),
  )
  const { aud, exp } = partOf(claims)
  return isSigned && partOf(head)['kid'] === rsa.kid && aud === url && Number(exp) * 1000 > Date.now()
}

function isStandard({ headers, body }: CallbackRecord, secret: string): boolean {
  try {
    new Webhook(secret).verify(body, { ...headers })
    return true
  } catch {
    return false
  }
}

const subject: DialectSubject = {
  dialect: 'gemini',
  credentials: (key) => ({ 'x-goog-api-key': key }),
  create: (prompt, { callbackUrl }) => ({
    method: 'POST',
    path: CREATE,
    json: {
      instances: [{ prompt }],
      ...(callbackUrl === undefined ? {} : { webhookConfig: { uris: [callbackUrl] } }),
    },
  }),
  idOf: ({ body }) => String(fieldsOf(body)['name']),
  poll: (id) => ({ path: `/v1beta/${id}` }),
  phaseOf,
  look: (id) => ({ path: `/v1beta/files/${fileIdOf(id, 0)}` }),
  content: (id) => ({ path: `/v1beta/files/${fileIdOf(id, 0)}:download?alt=media` }),
  hidden: ['queued'],
  verify: isToken,
  signsBody: false,
}

dialectContract(subject)

const it: It = (title, body) => void test(`gemini, the project's webhook: ${title}`, body)
callbackContract(
  {
    ...subject,
    create: (prompt) => subject.create(prompt, {}),
    verify: (record, { hmac }) => isStandard(record, hmac),
    signsBody: true,
  },
  it,
)

const KEY = { 'x-goog-api-key': 'any', 'content-type': 'application/json' }

async function json(
  url: string,
  init: RequestInit = {},
): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(url, { headers: KEY, ...init })
  return { status: response.status, body: fieldsOf(await response.json()) }
}

async function create(url: string, body: unknown): ReturnType<typeof json> {
  return json(url + CREATE, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) })
}

async function named(url: string, prompt: string, parameters: object = {}): Promise<string> {
  const { status, body } = await create(url, { instances: [{ prompt }], parameters })
  assert.deepEqual([status, Object.keys(body)], [200, ['name']])
  return String(body['name'])
}

async function started(context: TestContext, options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await startSimulator({ dialect: 'gemini', ...options })
  context.after(() => simulator.close())
  return simulator
}

test('gemini: a name with slashes, no done while it runs, a file behind the key', async (context) => {
  const clock = new TestClock()
  const { url } = await started(context, { clock, keys: ['any'] })
  const name = await named(url, 'a fox', { sampleCount: 2 })
  assert.match(name, /^models\/veo-3\.1-generate-preview\/operations\/[a-z0-9]+$/u)
  for (const _ of ['queued', 'running']) {
    const { body } = await json(`${url}/v1beta/${name}`)
    assert.deepEqual(Object.keys(body), ['name', 'metadata'])
  }
  const { body } = await json(`${url}/v1beta/${name}`)
  assert.equal(body['done'], true)
  const uris = samplesOf(body).map(uriOf)
  assert.equal(new Set(uris).size, 2)
  for (const uri of uris) {
    assert.match(uri, /\/v1beta\/files\/[a-z0-9]+:download\?alt=media$/u)
    assert.equal((await fetch(uri)).status, 403)
    assert.equal((await fetch(`${uri}&key=other`)).status, 400)
    const bytes = Buffer.from(await (await fetch(`${uri}&key=any`)).arrayBuffer())
    assert.ok(clipBytes('mp4').equals(bytes))
  }
  const [first = ''] = uris
  const about = await json(first.replace(':download?alt=media', ''))
  assert.deepEqual([about.body['state'], about.body['mimeType']], ['ACTIVE', 'video/mp4'])
  assert.equal((await json(first.replace('?alt=media', ''))).status, 400)
  clock.advance(48 * 3_600_000)
  assert.equal((await fetch(first, { headers: KEY })).status, 403)
})

test('gemini: an operation ends in four ways', async (context) => {
  const { url } = await started(context)
  const ended = async (markers: string): Promise<Record<string, unknown>> =>
    (await json(`${url}/v1beta/${await named(url, markers)}`)).body
  const failed = await ended('[up:steps=failed][up:failed=bad picture][up:failed-code=INVALID_ARGUMENT]')
  assert.deepEqual([failed['done'], failed['error']], [true, { code: 3, message: 'bad picture' }])
  const error = await ended('[up:steps=error][up:error=broken]')
  assert.deepEqual(error['error'], { code: 13, message: 'broken' })
  const filtered = await ended('[up:steps=failed][up:failed=unsafe][up:failed-code=raiMediaFiltered]')
  assert.deepEqual(fieldsOf(filtered['response'])['generateVideoResponse'], {
    raiMediaFilteredCount: 1,
    raiMediaFilteredReasons: ['unsafe'],
  })
  const empty = await ended('[up:steps=done][up:no-url]')
  assert.deepEqual(fieldsOf(empty['response'])['generateVideoResponse'], {})
  const other = await ended('[up:steps=done][up:url=https://192.0.2.7/x.mp4]')
  assert.deepEqual(samplesOf(other).map(uriOf), ['https://192.0.2.7/x.mp4'])
})

const REFUSALS: readonly [body: unknown, words: RegExp][] = [
  ['{', /Invalid JSON payload/u],
  [{ instances: [{ prompt: 'a' }], parametres: {} }, /Unknown name "parametres"/u],
  [{ instances: [] }, /exactly one instance/u],
  [{ instances: [{ prompt: ' ' }] }, /prompt is missing/u],
  [{ instances: [{ prompt: 'a', lastFrame: {} }] }, /last frame/u],
  [{ instances: [{ prompt: 'a', image: { imageBytes: 'AA==' } }] }, /bytesBase64Encoded/u],
  [{ instances: [{ prompt: 'a' }], parameters: { aspectRatio: '2:1' } }, /aspectRatio/u],
  [{ instances: [{ prompt: 'a' }], parameters: { resolution: '480p' } }, /resolution/u],
  [{ instances: [{ prompt: 'a' }], parameters: { durationSeconds: 5 } }, /durationSeconds/u],
  [{ instances: [{ prompt: 'a' }], parameters: { resolution: '1080p', durationSeconds: 4 } }, /8 seconds/u],
  [{ instances: [{ prompt: 'a' }], parameters: { sampleCount: 9 } }, /sampleCount/u],
  [{ instances: [{ prompt: 'a' }], parameters: { seed: -1 } }, /seed/u],
  [{ instances: [{ prompt: 'a' }], parameters: { generateAudio: true } }, /`generateAudio` isn't supported/u],
]

test('gemini: what a create gets wrong is told, and makes nothing', async (context) => {
  const { url, ledger } = await started(context)
  for (const [body, words] of REFUSALS) {
    const answer = await create(url, body)
    const error = fieldsOf(answer.body['error'])
    assert.deepEqual([answer.status, error['code'], error['status']], [400, 400, 'INVALID_ARGUMENT'])
    assert.match(String(error['message']), words)
  }
  assert.deepEqual([ledger.length, ledger.some(({ accepted }) => accepted)], [REFUSALS.length, false])
})

test('gemini: errors have the words that Google has for them', async (context) => {
  const simulator = await started(context, { keys: ['any'], models: ['veo-3.1-generate-preview'] })
  const { url } = simulator
  const errorOf = ({ status, body }: Awaited<ReturnType<typeof json>>): unknown[] => {
    const { code, status: word, details } = fieldsOf(body['error'])
    const [detail] = Array.isArray(details) ? details : []
    return [status, code, word, fieldsOf(detail ?? {})['reason']]
  }
  const wrong = { headers: { 'x-goog-api-key': 'other' } }
  const look = `${url}/v1beta/models/veo-3.1-generate-preview/operations/none`
  assert.deepEqual(errorOf(await json(look, wrong)), [400, 400, 'INVALID_ARGUMENT', 'API_KEY_INVALID'])
  assert.deepEqual(errorOf(await json(look, { headers: {} })), [403, 403, 'PERMISSION_DENIED', undefined])
  assert.deepEqual(errorOf(await json(look)), [404, 404, 'NOT_FOUND', undefined])
  // Names as callbacks shorten them lead nowhere.
  assert.deepEqual(errorOf(await json(`${url}/v1beta/operations/none`)), [404, 404, 'NOT_FOUND', undefined])
  simulator.fault({ point: 'create', fault: '429' })
  const busy = await create(url, { instances: [{ prompt: 'a' }] })
  assert.deepEqual(errorOf(busy), [429, 429, 'RESOURCE_EXHAUSTED', undefined])
  const noModel = CREATE.replace('veo-3.1', 'veo-0')
  const body = JSON.stringify({ instances: [{ prompt: 'a' }] })
  const unserved = await json(url + noModel, { method: 'POST', body })
  assert.deepEqual(errorOf(unserved), [404, 404, 'NOT_FOUND', undefined])
})

test('gemini: models come in pages', async (context) => {
  const { url } = await started(context)
  const first = await json(`${url}/v1beta/models?pageSize=2`)
  const second = await json(
    `${url}/v1beta/models?pageSize=2&pageToken=${String(first.body['nextPageToken'])}`,
  )
  const names = [first, second].flatMap(({ body }) => body['models']).map((model) => fieldsOf(model)['name'])
  assert.equal(new Set(names).size, 3)
  assert.equal(second.body['nextPageToken'], undefined)
  const one = await json(`${url}/v1beta/models/veo-3.1-generate-preview`)
  assert.deepEqual([one.status, one.body['name']], [200, 'models/veo-3.1-generate-preview'])
  assert.equal((await json(`${url}/v1beta/models/veo-0`)).status, 404)
})

test('gemini: a key that is being changed signs by the old one, which is in the set too', async (context) => {
  const receiver = 'http://127.0.0.1:9/hook'
  const sent: string[] = []
  const simulator = await started(context, {
    fetch: async () => {
      sent.push('one')
      return new Response('ok')
    },
  })
  const { body } = await create(simulator.url, {
    instances: [{ prompt: '[up:steps=running]' }],
    webhookConfig: { uris: [receiver], userMetadata: { job: 7 } },
  })
  const record = await simulator.callback(String(body['name']), { phase: 'done', faults: 'rotated' })
  const { kid } = partOf(record.headers['webhook-signature']?.split('.')[0])
  const keys = (await json(`${simulator.url}/.well-known/jwks.json`, { headers: {} })).body['keys']
  assert.deepEqual([kid, sent.length], [simulator.secrets.previous.rsa.kid, 1])
  assert.ok(Array.isArray(keys) && keys.some((key) => fieldsOf(key)['kid'] === kid))
  const event = fieldsOf(JSON.parse(record.body))
  assert.deepEqual([event['type'], event['user_metadata']], ['video.generated', { job: 7 }])
  assert.match(String(fieldsOf(event['data'])['id']), /^operations\/[a-z0-9]+$/u)
})
