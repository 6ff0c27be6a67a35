import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { createOpenai } from '../../src/providers/openai/index.ts'
import type { OpenaiDialect } from '../../src/providers/openai/request.ts'
import fixtures from '../../src/providers/openai/fixtures/answers.json' with { type: 'json' }
import { ProbeUnavailable, SubmitUnknown } from '../../src/providers/provider.ts'
import { answer, html, json, type Behaviour, type Reply } from './fault-server.ts'
import { providerContract } from './provider-contract.ts'
import { inputFile, openSubject, plainRequest, startRequest, unsigned } from './provider-subject.ts'
import type { Opened, ProviderSubject } from './provider-subject.ts'

const ID = 'video_gen_0a1b'
const operation = { providerTaskId: ID }
const signal = new AbortController().signal
const { created } = fixtures
const accepted = answer(json(200, created))
const job = (fields: object): Reply => json(200, { ...created, ...fields })

const subjectOf = (dialect: OpenaiDialect, apiKey?: string): ProviderSubject => ({
  open: ({ baseUrl, guarded, clock }) =>
    createOpenai({ baseUrl, dialect, guarded, clock, ...(apiKey === undefined ? {} : { apiKey }) }),
  model: 'Wan-AI/Wan2.2',
  accepted: { reply: json(200, created), operation },
  refusals: {
    'a text in detail': {
      reply: json(400, { detail: 'no such size' }),
      expected: { kind: 'rejected', code: 'invalid_input', detail: 'no such size' },
    },
    'a numeric code with status 200': {
      reply: json(200, { error: { message: 'bad length', code: 422 } }),
      expected: { kind: 'rejected', code: 'invalid_input', detail: 'bad length (422)' },
    },
  },
  verdicts: {
    queued: { reply: json(200, created), expected: { kind: 'waiting', progress: 0 } },
    running: {
      reply: job({ status: 'in_progress', progress: 12.9 }),
      expected: { kind: 'running', progress: 12 },
    },
    completed: {
      reply: json(200, fixtures.vllm_omni_done),
      expected: {
        kind: 'done',
        outputs: [{ role: 'video', ref: 'content' }],
        finishedAtMs: 1_767_225_640_000,
      },
    },
    'completed with the end of its link': {
      reply: job({ status: 'completed', url: 'https://cdn.example/a.mp4', expires_at: 1_767_229_200 }),
      expected: {
        kind: 'done',
        outputs: [{ role: 'video', ref: 'https://cdn.example/a.mp4' }],
        expiresAtMs: 1_767_229_200_000,
      },
    },
    failed: {
      reply: json(200, fixtures.failed),
      expected: { kind: 'failed', code: 'moderation_blocked', detail: 'blocked (moderation_blocked)' },
    },
    'U7: a failed job with status 500 and a numeric code': {
      reply: json(500, fixtures.vllm_omni_failed),
      expected: { kind: 'failed', code: 'provider_failed', detail: 'CUDA out of memory (500)' },
    },
    'an error without a code': {
      reply: json(200, fixtures.sglang_failed),
      expected: { kind: 'failed', code: 'provider_failed', detail: 'scheduler died' },
    },
    deleted: {
      reply: job({ status: 'deleted' }),
      expected: { kind: 'failed', code: 'provider_cancelled', detail: 'The provider gave no reason.' },
    },
    'no such video, as detail': {
      reply: json(404, { detail: 'Video not found' }),
      expected: { kind: 'gone' },
    },
    'no such video, as an error': {
      reply: json(404, { error: { message: 'no such video', code: 'not_found' } }),
      expected: { kind: 'gone' },
    },
    'U11: an unknown status': {
      reply: job({ status: 'warming' }),
      expected: { kind: 'unrecognised', status: 'warming' },
    },
  },
  otherJob: job({ id: 'video_gen_other', status: 'failed' }),
  outputs: (baseUrl) => ({
    link: { role: 'video', ref: `${baseUrl}/files/out.mp4` },
    content: { role: 'video', ref: 'content' },
  }),
  callbacks: {
    readings: {
      'F37: an event': {
        body: { id: 'evt_1', object: 'event', type: 'video.completed', data: { id: ID } },
        expected: unsigned('ended', operation),
      },
      'an event of a failure': {
        body: { type: 'video.failed', data: { id: ID } },
        expected: unsigned('ended', operation),
      },
      'an event of something else': { body: { type: 'response.completed' }, expected: unsigned('moved') },
    },
  },
})

providerContract('openai', subjectOf('openai', 'key_1'))
providerContract('openai, sglang', subjectOf('sglang'))
providerContract('openai, auto', subjectOf('auto'))

const opened = async (context: TestContext, dialect: OpenaiDialect, behave: Behaviour): Promise<Opened> =>
  openSubject(context, subjectOf(dialect), behave)

const typesOf = ({ upstream }: Opened): string[] =>
  upstream.seen.map(({ headers }) => headers['content-type']?.split(';')[0] ?? '')

const DIALECTS: readonly [OpenaiDialect, string][] = [
  ['openai', 'multipart/form-data'],
  ['vllm-omni', 'multipart/form-data'],
  ['sglang', 'application/json'],
  ['auto', 'application/json'],
]

for (const [dialect, type] of DIALECTS) {
  test(`U13: ${dialect} sends text as ${type}, and no key where none is set`, async (context) => {
    const server = await opened(context, dialect, accepted)
    const request = { ...plainRequest('m'), seconds: '4', providerOptions: { num_inference_steps: 30 } }
    await server.provider.start(startRequest('m', { request }))
    assert.deepEqual(typesOf(server), [type])
    const [seen] = server.upstream.seen
    assert.equal(seen?.headers.authorization, undefined)
    if (type !== 'application/json') return
    const prompt = 'a red ball rolls over a table'
    assert.deepEqual(JSON.parse(seen?.body ?? ''), {
      num_inference_steps: 30,
      model: 'm',
      prompt,
      seconds: 4,
    })
  })
}

test('sglang sends files as multipart', async (context) => {
  const server = await opened(context, 'sglang', accepted)
  await server.provider.start(startRequest('m', { inputs: [inputFile('first_frame', 'png')] }))
  assert.deepEqual(typesOf(server), ['multipart/form-data'])
  assert.match(server.upstream.seen[0]?.body ?? '', /name="input_reference"; filename="first_frame.png"/)
})

const onlyMultipart =
  (refusal: Reply): Behaviour =>
  (request, response) => {
    const isForm = (request.headers['content-type'] ?? '').startsWith('multipart/')
    answer(isForm ? json(200, created) : refusal)(request, response)
  }

const missingPrompt = json(422, {
  detail: [{ type: 'missing', loc: ['body', 'prompt'], msg: 'Field required' }],
})

test('auto: a refusal of the encoding is followed by the other one, once, and remembered', async (context) => {
  const server = await opened(context, 'auto', onlyMultipart(missingPrompt))
  assert.equal((await server.provider.start(startRequest('m'))).kind, 'accepted')
  assert.equal((await server.provider.start(startRequest('m'))).kind, 'accepted')
  assert.deepEqual(typesOf(server), ['application/json', 'multipart/form-data', 'multipart/form-data'])
})

test('auto: refused in both encodings, the first reason is told', async (context) => {
  const server = await opened(context, 'auto', answer(missingPrompt))
  const outcome = await server.provider.start(startRequest('m'))
  assert.equal(outcome.kind, 'rejected')
  assert.equal(server.upstream.posts(), 2)
})

const FINAL: Readonly<Record<string, Reply>> = {
  'an ambiguous answer': json(500, { detail: 'content-type is required' }),
  'an unreadable 415': html(415),
  'another reason': json(400, { detail: 'the size is out of range' }),
  moderation: json(400, { error: { message: 'a content policy is required', code: 'moderation_blocked' } }),
}

for (const [title, reply] of Object.entries(FINAL)) {
  test(`auto: ${title} switches nothing`, async (context) => {
    const server = await opened(context, 'auto', onlyMultipart(reply))
    const started = server.provider.start(startRequest('m')).then(({ kind }) => kind)
    const outcome = await started.catch((error: unknown) =>
      error instanceof SubmitUnknown ? 'unknown' : error,
    )
    assert.equal(outcome, title.startsWith('an ') ? 'unknown' : 'rejected')
    assert.equal(server.upstream.posts(), 1)
  })
}

test('auto: a lease lost between the two encodings sends nothing more', async (context) => {
  const server = await opened(context, 'auto', onlyMultipart(missingPrompt))
  let asked = 0
  const outcome = await server.provider.start(startRequest('m', { mayStillSend: () => (asked += 1) === 1 }))
  assert.equal(outcome.kind, 'not_sent')
  assert.equal(server.upstream.posts(), 1)
})

test("probe: FastAPI's bare 404 is no word on the job", async (context) => {
  const { provider } = await opened(context, 'auto', answer(json(404, { detail: 'Not Found' })))
  await assert.rejects(provider.probe(operation, signal), ProbeUnavailable)
})

test('ids are percent-encoded', async (context) => {
  const id = 'video_a/b+c=='
  const { provider, upstream } = await opened(context, 'auto', answer(job({ id, status: 'queued' })))
  await provider.probe({ providerTaskId: id }, signal)
  assert.equal(upstream.seen[0]?.path, '/v1/videos/video_a%2Fb%2Bc%3D%3D')
})

test('check learns the models, undescribed', async (context) => {
  const { provider } = await opened(context, 'auto', answer(json(200, { data: [{ id: 'Wan-AI/Wan2.2' }] })))
  assert.deepEqual(provider.models(), [])
  assert.deepEqual(await provider.check?.(signal), { ok: true, detail: '1 models listed' })
  assert.deepEqual(provider.models(), [{ id: 'Wan-AI/Wan2.2', capabilities: null, price: null }])
})

const CANCELS: readonly [string, Reply, 'cancelled' | 'refused' | 'unavailable'][] = [
  ['deleted', json(200, { id: ID, object: 'video.deleted', deleted: true }), 'cancelled'],
  ['not deleted', json(200, { id: ID, object: 'video.deleted', deleted: false }), 'refused'],
  ['no such video', json(404, { detail: 'Video not found' }), 'refused'],
  ['another id', json(200, { id: 'other', object: 'video.deleted', deleted: true }), 'unavailable'],
  ['still cancelling', json(409, { detail: 'cancelling' }), 'unavailable'],
  ['a page', html(200), 'unavailable'],
]

for (const [title, reply, expected] of CANCELS) {
  test(`vllm-omni cancel: ${title} is ${expected}`, async (context) => {
    const { provider, upstream } = await opened(context, 'vllm-omni', answer(reply))
    const outcome = await provider.cancel?.(operation, signal).catch((error: unknown) => {
      assert.ok(error instanceof ProbeUnavailable)
      return 'unavailable'
    })
    assert.equal(outcome, expected)
    assert.equal(upstream.seen[0]?.method, 'DELETE')
  })
}

test('only vllm-omni says that it can cancel', async (context) => {
  for (const [dialect] of DIALECTS) {
    const { provider } = await opened(context, dialect, accepted)
    assert.equal(provider.traits.cancel === 'supported', dialect === 'vllm-omni')
    assert.equal(provider.cancel !== undefined, dialect === 'vllm-omni')
  }
})
