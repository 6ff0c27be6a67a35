import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { dialectContract } from '../../../test/dialect-contract.ts'
import type { Reply } from '../../../test/dialect-subject.ts'
import { fieldsOf } from '../../../test/test-client.ts'
import { clipBytes } from '../../clips.ts'
import type { Phase } from '../../phase.ts'
import { startSimulator, type Simulator, type SimulatorOptions } from '../../simulator.ts'

const MODEL = '/v1/projects/my-project/locations/us-central1/publishers/google/models/veo-3.1-generate-001'
const CREATE = `${MODEL}:predictLongRunning`
const POLL = `${MODEL}:fetchPredictOperation`

function videosOf(body: unknown): readonly Record<string, unknown>[] {
  const { videos } = fieldsOf(fieldsOf(body)['response'])
  return Array.isArray(videos) ? videos.map(fieldsOf) : []
}

function phaseOf({ status, body }: Reply): Phase | null {
  if (status !== 200) return null
  const { name, done, error } = fieldsOf(body)
  if (typeof name !== 'string') return null
  if (done === undefined) return 'running'
  if (error !== undefined) return fieldsOf(error)['code'] === 1 ? 'cancelled' : 'failed'
  return videosOf(body).length > 0 ? 'done' : 'failed'
}

dialectContract({
  dialect: 'vertex',
  credentials: (key) => ({ authorization: `Bearer ${key}` }),
  create: (prompt) => ({ method: 'POST', path: CREATE, json: { instances: [{ prompt }] } }),
  idOf: ({ body }) => String(fieldsOf(body)['name']),
  poll: (operationName) => ({ method: 'POST', path: POLL, json: { operationName } }),
  phaseOf,
  inline: async (operationName, ask) => {
    const { body } = await ask({ method: 'POST', path: POLL, json: { operationName } })
    return Buffer.from(String(videosOf(body)[0]?.['bytesBase64Encoded']), 'base64')
  },
  hidden: ['queued'],
})

const KEY = { authorization: 'Bearer any', 'content-type': 'application/json' }

async function json(
  url: string,
  init: RequestInit = {},
): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(url, { headers: KEY, ...init })
  return { status: response.status, body: fieldsOf(await response.json()) }
}

async function post(url: string, body: object): ReturnType<typeof json> {
  return json(url, { method: 'POST', body: JSON.stringify(body) })
}

async function started(context: TestContext, options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await startSimulator({ dialect: 'vertex', keys: ['any'], ...options })
  context.after(() => simulator.close())
  return simulator
}

async function named(url: string, prompt: string, parameters: object = {}): Promise<string> {
  const { status, body } = await post(url + CREATE, { instances: [{ prompt }], parameters })
  assert.deepEqual([status, Object.keys(body)], [200, ['name']])
  return String(body['name'])
}

test('vertex: a name says where it was made, and is asked for by POST under its model', async (context) => {
  const { url } = await started(context)
  const operationName = await named(url, 'a fox')
  const place = MODEL.slice('/v1/'.length)
  assert.match(operationName, new RegExp(`^${place}/operations/[0-9a-f-]{36}$`, 'u'))
  const running = await post(url + POLL, { operationName })
  assert.deepEqual(running, { status: 200, body: { name: operationName } })
  for (const [path, body] of [
    [POLL, {}],
    [POLL.replace('3.1', '3.0'), { operationName }],
  ] as const) {
    const answer = await post(url + path, body)
    assert.deepEqual([answer.status, fieldsOf(answer.body['error'])['status']], [400, 'INVALID_ARGUMENT'])
  }
  const other = await post(url + POLL, { operationName: `${place}/operations/none` })
  assert.deepEqual([other.status, fieldsOf(other.body['error'])['status']], [404, 'NOT_FOUND'])
  const looked = await json(`${url}/v1/${operationName}`)
  assert.match(String(fieldsOf(looked.body['error'])['message']), /must be a Long/u)
  // None of these was a step: the next one is the second.
  assert.equal(
    (await post(`${url}${POLL.replace('/v1/', '/v1beta1/')}`, { operationName })).body['done'],
    undefined,
  )
  assert.equal((await post(url + POLL, { operationName })).body['done'], true)
})

test('vertex: with a bucket there are objects, at both of its APIs, behind the token', async (context) => {
  const { url } = await started(context)
  const parameters = { storageUri: 'gs://my-bucket/videos/', sampleCount: 2 }
  const operationName = await named(url, '[up:steps=running,done]', parameters)
  await post(url + POLL, { operationName })
  const { body } = await post(url + POLL, { operationName })
  const uris = videosOf(body).map(({ gcsUri }) => String(gcsUri))
  assert.equal(new Set(uris).size, 2)
  assert.deepEqual(
    videosOf(body).map((video) => Object.keys(video)),
    [
      ['gcsUri', 'mimeType'],
      ['gcsUri', 'mimeType'],
    ],
  )
  for (const uri of uris) {
    const object =
      /^gs:\/\/my-bucket\/(?<object>videos\/\d+\/sample_\d\.mp4)$/u.exec(uri)?.groups?.['object'] ?? ''
    const paths = [
      `/my-bucket/${object}`,
      `/storage/v1/b/my-bucket/o/${encodeURIComponent(object)}?alt=media`,
      `/download/storage/v1/b/my-bucket/o/${encodeURIComponent(object)}?alt=media`,
    ]
    for (const path of paths) {
      const response = await fetch(url + path, { headers: KEY })
      assert.ok(clipBytes('mp4').equals(Buffer.from(await response.arrayBuffer())), path)
      assert.equal((await fetch(url + path)).status, 401)
    }
  }
  const stranger = await fetch(uris[0]!.replace('gs:/', url), { headers: { authorization: 'Bearer other' } })
  assert.deepEqual(
    [stranger.status, /<Code>(.*)<\/Code>/u.exec(await stranger.text())?.[1]],
    [401, 'AuthenticationRequired'],
  )
  const none = await fetch(`${url}/my-bucket/videos/none.mp4`, { headers: KEY })
  assert.deepEqual([none.status, none.headers.get('content-type')], [404, 'application/xml; charset=UTF-8'])
  assert.match(await none.text(), /<Code>NoSuchKey<\/Code>/u)
  assert.equal((await json(`${url}/storage/v1/b/my-bucket/o/none`)).status, 404)
  assert.equal((await json(`${url}/v1/projects/none`)).status, 404)
})

test('vertex: ends without a video', async (context) => {
  const { url } = await started(context)
  const ended = async (prompt: string): Promise<Record<string, unknown>> =>
    (await post(url + POLL, { operationName: await named(url, prompt) })).body
  const filtered = await ended('[up:steps=failed][up:failed=unsafe][up:failed-code=raiMediaFiltered]')
  const { '@type': _, ...counted } = fieldsOf(filtered['response'])
  assert.deepEqual(counted, { raiMediaFilteredCount: 1, raiMediaFilteredReasons: ['unsafe'] })
  const failed = await ended('[up:steps=failed][up:failed=no]')
  assert.deepEqual(failed['error'], { code: 13, message: 'no' })
  assert.deepEqual(videosOf(await ended('[up:steps=done][up:no-url]')), [])
  const [given] = videosOf(await ended('[up:steps=done][up:url=gs://else/x.mp4]'))
  assert.deepEqual(given, { gcsUri: 'gs://else/x.mp4', mimeType: 'video/mp4' })
})

const REFUSALS: readonly [model: string, body: object, words: RegExp][] = [
  ['veo-3.1-generate-001', { instances: [{}] }, /prompt is missing/u],
  ['veo-3.1-generate-001', { instance: [] }, /Unknown name "instance"/u],
  [
    'veo-3.1-generate-001',
    { instances: [{ prompt: 'a' }], parameters: { storageUri: 's3://b' } },
    /storageUri/u,
  ],
  [
    'veo-2.0-generate-001',
    { instances: [{ prompt: 'a' }], parameters: { generateAudio: true } },
    /generateAudio/u,
  ],
  [
    'veo-2.0-generate-001',
    { instances: [{ prompt: 'a' }], parameters: { durationSeconds: 4 } },
    /durationSeconds/u,
  ],
]

test('vertex: what a create gets wrong is told; parameters that nobody knows are not', async (context) => {
  const { url, ledger } = await started(context)
  for (const [model, body, words] of REFUSALS) {
    const answer = await post(url + CREATE.replace('veo-3.1-generate-001', model), body)
    assert.deepEqual([answer.status, fieldsOf(answer.body['error'])['status']], [400, 'INVALID_ARGUMENT'])
    assert.match(String(fieldsOf(answer.body['error'])['message']), words)
  }
  assert.equal(
    ledger.some(({ accepted }) => accepted),
    false,
  )
  await named(url, 'a', { generateAudio: true, gcsOutputDirectory: 'gs://b' })
})

test('vertex: who may not ask, and what else is there', async (context) => {
  const { url } = await started(context)
  for (const [headers, reason] of [
    [{}, 'CREDENTIALS_MISSING'],
    [{ authorization: 'Bearer other' }, 'ACCESS_TOKEN_TYPE_UNSUPPORTED'],
  ] as const) {
    const { status, body } = await json(`${url}${CREATE}`, { method: 'POST', body: '{}', headers })
    const { status: word, details } = fieldsOf(body['error'])
    assert.ok(Array.isArray(details))
    assert.deepEqual([status, word, fieldsOf(details[0])['reason']], [401, 'UNAUTHENTICATED', reason])
  }
  const own = await json(`${url}/v1/projects/my-project/locations/us-central1/models?pageSize=1`)
  assert.deepEqual(own, { status: 200, body: {} })
  const published = await json(`${url}/v1beta1/publishers/google/models`)
  assert.ok(Array.isArray(published.body['publisherModels']))
})
