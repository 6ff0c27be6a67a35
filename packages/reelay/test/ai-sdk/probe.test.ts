import assert from 'node:assert/strict'
import { test } from 'node:test'
import fixtures from '../../src/providers/ai-sdk/fixtures/answers.json' with { type: 'json' }
import type { AiSdkModel } from '../../src/providers/ai-sdk/options.ts'
import type { AiSdkTable } from '../../src/providers/ai-sdk/word-table.ts'
import type { Verdict } from '../../src/task/verdict.ts'
import { answer, html, json, type Behaviour } from '../contract/fault-server.ts'
import { startRequest } from '../contract/provider-subject.ts'
import { job, MODEL, openModel, openPackage, plainModel, type OpenedBridge } from './open-package.ts'
import { KEY, PACKAGES } from './packages.ts'

const signal = new AbortController().signal

const plain = (baseUrl: string): AiSdkModel => ({ model: ({ fetch }) => plainModel(baseUrl, fetch) })

const look = ({ provider, upstream }: OpenedBridge): Promise<Verdict> =>
  provider.probe(job('1', { job: '1' }, upstream.baseUrl), signal)

const CLIP = Buffer.concat([
  Buffer.from([0, 0, 0, 24]),
  Buffer.from('ftypisom\0\0\0\0isomavc1'),
  Buffer.alloc(20_000, 7),
])

async function read(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of body) parts.push(part)
  return Buffer.concat(parts)
}

const UNKNOWN: readonly (readonly [title: string, behave: Behaviour, expected: Verdict])[] = [
  ['pending', answer(json(200, { state: 'works' })), { kind: 'running' }],
  [
    'completed',
    answer(json(200, { state: 'done', url: 'https://cdn.example/v.mp4' })),
    { kind: 'done', outputs: [{ role: 'video', ref: 'https://cdn.example/v.mp4', mime: 'video/mp4' }] },
  ],
  [
    'an error on an answer that was seen',
    answer(json(200, { state: 'lost' })),
    { kind: 'failed', code: 'provider_failed', detail: 'It was lost.' },
  ],
  [
    'a throw, which may mean anything',
    answer(json(200, { state: 'broken' })),
    { kind: 'unrecognised', status: 'A broken job.' },
  ],
  ['404 with JSON', answer(json(404, { message: 'no' })), { kind: 'gone' }],
  ['422 with JSON', answer(json(422, { message: 'no' })), { kind: 'unrecognised', status: 'HTTP 422' }],
]

for (const [title, behave, expected] of UNKNOWN) {
  test(`a provider without a table: ${title}`, async (context) => {
    assert.deepEqual(await look(await openModel(context, behave, plain)), expected)
  })
}

test('a provider without a table: HTML and server errors are no word on the job', async (context) => {
  for (const behave of [answer(html(200)), answer(html(404)), answer(json(500, { state: 'lost' }))]) {
    await assert.rejects(look(await openModel(context, behave, plain)), { name: 'ProbeUnavailable' })
  }
})

const TABLE: AiSdkTable = {
  statuses: {
    Works: 'running',
    waits: 'waiting',
    done: 'done',
    lost: 'failed',
    shut: 'gone',
    blocked: 'moderated',
  },
  statusOf: ({ state }) => state,
  idOf: (body) => body['job'],
  progressOf: ({ percent }) => percent,
  errorOf: ({ reason }) => ({ message: reason }),
}

const TOLD: readonly (readonly [body: object, expected: Verdict])[] = [
  [
    { state: 'WORKS', percent: 41.9 },
    { kind: 'running', progress: 41 },
  ],
  [{ state: 'waits' }, { kind: 'waiting' }],
  [{ state: 'shut', job: '1' }, { kind: 'gone' }],
  [
    { state: 'lost', reason: 'no memory' },
    { kind: 'failed', code: 'provider_failed', detail: 'no memory' },
  ],
  [
    { state: 'blocked' },
    {
      kind: 'failed',
      code: 'moderation_blocked',
      detail: 'The provider says that the job was held back by moderation.',
    },
  ],
  [
    { state: 'done', url: 'https://cdn.example/v.mp4' },
    { kind: 'done', outputs: [{ role: 'video', ref: 'https://cdn.example/v.mp4', mime: 'video/mp4' }] },
  ],
  // The model itself would wait for ever.
  [{ state: 'paused' }, { kind: 'unrecognised', status: 'paused' }],
]

for (const [body, expected] of TOLD) {
  test(`a table of one’s own: ${JSON.stringify(body)}`, async (context) => {
    const bridge = await openModel(context, answer(json(200, body)), plain, { table: TABLE })
    assert.deepEqual(await look(bridge), expected)
  })
}

test('a table of one’s own: the id of a create is the job’s, and another job’s answer says nothing', async (context) => {
  const accepted = await openModel(context, answer(json(200, { job: '77' })), plain, { table: TABLE })
  const outcome = await accepted.provider.start(startRequest(MODEL))
  assert.equal(outcome.kind === 'accepted' ? outcome.operation.providerTaskId : outcome.kind, '77')
  const other = await openModel(context, answer(json(200, { state: 'lost', job: '2' })), plain, {
    table: TABLE,
  })
  await assert.rejects(look(other), { name: 'ProbeUnavailable' })
})

test('answers of looks at the same time stay apart', async (context) => {
  const waiting: (() => void)[] = []
  const behave: Behaviour = (request, response) => {
    waiting.push(() => {
      const id = request.path.split('/').at(-1)
      const body = {
        task: { id, status: id === 'odd' ? 'failed' : 'running', error: { message: `of ${id}` } },
      }
      answer(json(200, body))(request, response)
    })
    // Answered in the opposite order, once all have asked.
    if (waiting.length === 3) for (const go of waiting.toReversed()) go()
  }
  const { provider, upstream } = await openPackage(context, 'minimax', behave)
  const ask = (id: string): Promise<Verdict> =>
    provider.probe(job(id, { taskId: id, resolvedInputs: {} }, upstream.baseUrl), signal)
  assert.deepEqual(await Promise.all([ask('one'), ask('odd'), ask('two')]), [
    { kind: 'running' },
    { kind: 'failed', code: 'provider_failed', detail: 'of odd' },
    { kind: 'running' },
  ])
})

test('a look goes to no private address that an answer names', async (context) => {
  const { provider } = await openPackage(context, 'xai', answer(json(200, fixtures.xai.pending)))
  const elsewhere = await openPackage(context, 'xai', answer(json(200, fixtures.xai.done)))
  // As if the operator had moved the base URL to a public one since: the old address is nobody's any more.
  const stored = job('x', { requestId: 'x' }, 'https://api.x.ai')
  await assert.rejects(provider.probe(stored, signal), {
    name: 'ProbeUnavailable',
    message: /REELAY_ALLOW_HOSTS/,
  })
  assert.equal(elsewhere.upstream.seen.length, 0)
})

const instance = (name: string) => (baseUrl: string) => ({
  model: PACKAGES[name]!.make(baseUrl, globalThis.fetch),
})

test('an instance is asked too; what hides behind an error of fal is not believed', async (context) => {
  const done = await openModel(context, answer(json(200, fixtures.xai.done)), instance('xai'))
  const told = await done.provider.probe(job('x', { requestId: 'x' }, null), signal)
  assert.equal(told.kind, 'done')
  const busy = await openModel(context, answer(json(429, { error: 'slow down' })), instance('xai'))
  await assert.rejects(busy.provider.probe(job('x', { requestId: 'x' }, null), signal), {
    pauseAccountMs: 5_000,
  })
  const operation = {
    responseUrl: 'https://queue.fal.run/fal-ai/x/requests/1',
    submitUrl: 'https://queue.fal.run/',
  }
  const fal = await openModel(context, answer(json(429, { detail: 'slow down' })), instance('fal'))
  const verdict = await fal.provider.probe(job('1', operation, null), signal)
  assert.deepEqual(verdict, { kind: 'unrecognised', status: 'error' })
})

test('google: a link is stored without the key, and opened with it in a header', async (context) => {
  const behave: Behaviour = (request, response) => {
    if (request.path.includes('/files/')) {
      const type = { 'content-type': 'video/mp4' }
      return answer({ status: 200, headers: type, body: CLIP })(request, response)
    }
    const uri = `http://${request.headers.host}/v1beta/files/f_1:download?alt=media`
    const body = {
      ...fixtures.google.done,
      response: { generateVideoResponse: { generatedSamples: [{ video: { uri } }] } },
    }
    return answer(json(200, body))(request, response)
  }
  const { provider, upstream } = await openPackage(context, 'google', behave)
  const name = fixtures.google.created.name
  const stored = job(name, { operationName: name }, upstream.baseUrl)
  const verdict = await provider.probe(stored, signal)
  assert.ok(verdict.kind === 'done')
  assert.deepEqual(verdict.outputs, [
    { role: 'video', ref: `${upstream.baseUrl}/v1beta/files/f_1:download?alt=media` },
  ])
  const opened = await provider.open(verdict.outputs[0]!, stored, signal)
  assert.deepEqual(await read(opened.body), CLIP)
  const [download] = upstream.seen.filter(({ path }) => path.includes('/files/'))
  assert.equal(download?.headers['x-goog-api-key'], KEY)
  assert.doesNotMatch(download?.path ?? '', /key=/)
})

test('a link that a model gives with the key in it is stored without', async (context) => {
  const bridge = await openModel(context, answer(json(200, { state: 'done' })), (baseUrl) => ({
    model: ({ fetch }) =>
      plainModel(baseUrl, fetch, {
        doStatus: async () => {
          await fetch(`${baseUrl}/jobs/1`, { headers: { authorization: `Bearer ${KEY}` } })
          const url = `https://cdn.example/v.mp4?part=1&access=${KEY}&key=another`
          return { status: 'completed', videos: [{ type: 'url', url, mediaType: 'video/mp4' }] }
        },
      }),
  }))
  const verdict = await look(bridge)
  assert.ok(verdict.kind === 'done')
  assert.equal(verdict.outputs[0]?.ref, 'https://cdn.example/v.mp4?part=1')
})

test('google-vertex: a video inside the answer is asked for again when it is opened', async (context) => {
  const name = fixtures.vertex.created.name
  const video = { bytesBase64Encoded: CLIP.toString('base64'), mimeType: 'video/mp4' }
  const done = json(200, { name, done: true, response: { videos: [video] } })
  const { provider, upstream } = await openPackage(context, 'google-vertex', answer(done))
  const stored = job(name, { operationName: name }, upstream.baseUrl)
  const verdict = await provider.probe(stored, signal)
  assert.ok(verdict.kind === 'done')
  const opened = await provider.open(verdict.outputs[0]!, stored, signal)
  assert.equal(opened.bytes, CLIP.length)
  assert.deepEqual(await read(opened.body), CLIP)
  assert.equal(upstream.seen.length, 2)
  const away = await openPackage(context, 'google-vertex', answer(html(502)))
  const late = away.provider.open(
    verdict.outputs[0]!,
    job(name, { operationName: name }, away.upstream.baseUrl),
    signal,
  )
  await assert.rejects(late, { name: 'OutputUnavailable' })
  const text = json(200, { name, done: true, response: { videos: [{ bytesBase64Encoded: 'bm8=' }] } })
  const wrong = await openPackage(context, 'google-vertex', answer(text))
  const opening = wrong.provider.open(
    verdict.outputs[0]!,
    job(name, { operationName: name }, wrong.upstream.baseUrl),
    signal,
  )
  await assert.rejects(opening, { name: 'OutputUnavailable', message: /does not begin like an MP4/ })
})

test('a model that asks without end is stopped', async (context) => {
  const bridge = await openModel(context, answer(json(200, {})), (baseUrl) => ({
    model: ({ fetch }) =>
      plainModel(baseUrl, fetch, {
        doStatus: async () => {
          for (;;) await fetch(`${baseUrl}/jobs/1`)
        },
      }),
  }))
  await assert.rejects(look(bridge), { name: 'ProbeUnavailable', message: /more than 4 requests/ })
  assert.equal(bridge.upstream.seen.length, 4)
})

test('a link of a job whose create was not seen gets no exemption: its own origin is nobody of ours', async (context) => {
  const opened = await openModel(
    context,
    answer({ status: 200, headers: { 'content-type': 'video/mp4' }, body: CLIP }),
    plain,
  )
  const ref = `${opened.upstream.baseUrl}/v.mp4`
  const operation = job('1', { job: '1' }, null)
  await assert.rejects(opened.provider.open({ role: 'video', ref }, operation, signal), {
    name: 'OutputUnavailable',
    message: /is not on the public internet/,
  })
  assert.equal(opened.upstream.seen.length, 0)
})
