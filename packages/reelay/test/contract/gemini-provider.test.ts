import assert from 'node:assert/strict'
import { test } from 'node:test'
import fixtures from '../../src/providers/gemini/fixtures/answers.json' with { type: 'json' }
import { createGemini } from '../../src/providers/gemini/index.ts'
import { SubmitUnknown } from '../../src/providers/provider.ts'
import type { StartOutcome, Verdict } from '../../src/task/verdict.ts'
import { answer, json, startFaultServer, type Reply } from './fault-server.ts'
import { refusalCases, type RefusalCase } from './provider-cases.ts'
import { providerContract } from './provider-contract.ts'
import {
  inputFile,
  openSubject,
  plainRequest,
  startRequest,
  unsigned,
  type ProviderSubject,
} from './provider-subject.ts'

const ID = 'models/veo-3.1-generate-preview/operations/abc'
const OPERATION = { providerTaskId: ID }
const MODEL = 'veo-3.1-generate-preview'
const NOW_MS = 1_790_000_000_000
const LINK = 'https://generativelanguage.googleapis.com/v1beta/files/abc:download?alt=media'
const NAMES_NO_VIDEO = 'The provider says that the job is done, and names no video.'
const signal = new AbortController().signal

const job = (fields: object): Reply => json(200, { ...fixtures.running, ...fields })
const refused = (
  code: 'account' | 'invalid_input' | 'rejected_by_provider',
  detail: string,
): StartOutcome => ({ kind: 'rejected', code, detail })
const failed = (
  code: 'provider_failed' | 'moderation_blocked' | 'invalid_input' | 'provider_cancelled',
  detail: string,
): Verdict => ({ kind: 'failed', code, detail })
const done: Verdict = { kind: 'done', outputs: [{ role: 'video', ref: LINK }] }

const subject: ProviderSubject = {
  open: ({ baseUrl, guarded, clock }) => createGemini({ baseUrl, apiKey: 'key_1', guarded, clock }),
  model: MODEL,
  accepted: { reply: json(200, fixtures.created), operation: OPERATION },
  refusals: {
    'an argument': {
      reply: json(400, fixtures.bad_argument),
      expected: refused('invalid_input', 'durationSeconds is out of bound. (INVALID_ARGUMENT)'),
    },
    'an argument with status 200': {
      reply: json(200, fixtures.bad_argument),
      expected: refused('invalid_input', 'durationSeconds is out of bound. (INVALID_ARGUMENT)'),
    },
    'a wrong key comes as a bad argument': {
      reply: json(400, fixtures.bad_key),
      expected: refused('account', 'API key not valid. (API_KEY_INVALID)'),
    },
    'no billing comes with 400': {
      reply: json(400, fixtures.no_billing),
      expected: refused('account', 'Enable billing to use this model. (FAILED_PRECONDITION)'),
    },
    'no such model': {
      reply: json(404, fixtures.no_such_model),
      expected: refused(
        'rejected_by_provider',
        'models/veo-0 is not found for API version v1beta. (NOT_FOUND)',
      ),
    },
    '429 is for now only': {
      reply: json(429, fixtures.too_fast),
      expected: {
        kind: 'not_sent',
        detail: 'You exceeded your current quota. (RESOURCE_EXHAUSTED)',
        retryAtMs: NOW_MS + 5_000,
        pauseAccountMs: 5_000,
      },
    },
    'an operation that has already failed is a job': {
      reply: json(200, fixtures.failed),
      expected: { kind: 'accepted', operation: { providerTaskId: ID } },
    },
    'a name without a model': {
      reply: json(200, { name: 'operations/abc' }),
      expected: { kind: 'accepted', operation: { providerTaskId: 'operations/abc' } },
    },
  },
  verdicts: {
    'no done': { reply: json(200, fixtures.running), expected: { kind: 'running' } },
    'done: false': { reply: job({ done: false }), expected: { kind: 'running' } },
    'done is no boolean': {
      reply: job({ done: 'soon' }),
      expected: { kind: 'unrecognised', status: 'done: "soon"' },
    },
    'F10: done': { reply: json(200, fixtures.done), expected: done },
    'done, under the other name': { reply: json(200, fixtures.done_as_videos), expected: done },
    'F11: done and filtered': {
      reply: json(200, { ...fixtures.filtered, name: ID }),
      expected: failed('moderation_blocked', 'blocked by safety filter'),
    },
    'filtered without a reason': {
      reply: job({ done: true, response: { generateVideoResponse: { raiMediaFilteredCount: 1 } } }),
      expected: failed('moderation_blocked', 'The video was filtered out.'),
    },
    'done without samples': {
      reply: job({ done: true, response: { generateVideoResponse: { generatedSamples: [] } } }),
      expected: failed('provider_failed', NAMES_NO_VIDEO),
    },
    'done without a response': {
      reply: job({ done: true }),
      expected: failed('provider_failed', NAMES_NO_VIDEO),
    },
    'done with a link that is none': {
      reply: job({ done: true, response: { generatedSamples: [{ video: { uri: 'gs://bucket/a.mp4' } }] } }),
      expected: failed('provider_failed', NAMES_NO_VIDEO),
    },
    'done with an error': {
      reply: json(200, fixtures.failed),
      expected: failed('provider_failed', 'Video generation failed due to an internal server issue.'),
    },
    'done with an input fault': {
      reply: json(200, fixtures.bad_input),
      expected: failed('invalid_input', 'Unable to process the image. (INVALID_ARGUMENT)'),
    },
    'done with a moderation error': {
      reply: json(200, fixtures.moderated),
      expected: failed(
        'moderation_blocked',
        'The prompt contains words that go against Responsible AI practices.',
      ),
    },
    'done and cancelled': {
      reply: job({ done: true, error: { code: 1 } }),
      expected: failed('provider_cancelled', 'The provider gave no reason.'),
    },
    'no such operation': { reply: json(404, fixtures.no_such_operation), expected: { kind: 'gone' } },
  },
  otherJob: json(200, { ...fixtures.failed, name: 'models/veo-3.1-generate-preview/operations/other' }),
  outputs: (baseUrl) => ({
    link: { role: 'video', ref: `${baseUrl}/v1beta/files/abc:download?alt=media` },
  }),
  callbacks: {
    registered: ({ body }) => JSON.parse(body).webhookConfig?.uris[0],
    isAccountWide: true,
    readings: {
      'F12: an event with a short name': {
        body: fixtures.callback,
        expected: { ...unsigned('ended'), job: { idEnd: '/operations/abc' } },
      },
      'an event with a whole name': {
        body: fixtures.callback_with_name,
        expected: unsigned('ended', OPERATION),
      },
      'another event': { body: { type: 'batch.succeeded', data: {} }, expected: unsigned('moved') },
    },
  },
}

providerContract('gemini', subject)

test('gemini probe: F11: the name of an operation without a model', async (context) => {
  const { provider, upstream } = await openSubject(context, subject, answer(json(200, fixtures.filtered)))
  const verdict = await provider.probe({ providerTaskId: 'operations/empty-op' }, signal)
  assert.deepEqual(verdict, failed('moderation_blocked', 'blocked by safety filter'))
  assert.equal(upstream.seen[0]?.path, '/v1beta/operations/empty-op')
})

test('gemini probe: F12: a callback body is no verdict', async (context) => {
  const { provider } = await openSubject(context, subject, answer(json(200, fixtures.callback)))
  await assert.rejects(provider.probe({ providerTaskId: ID }, signal), { name: 'ProbeUnavailable' })
})

for (const name of ['operations/..', '../operations/abc', 'models/../../operations/abc', 'operations/a?b']) {
  test(`gemini: ${name} is no name of an operation`, async (context) => {
    const { provider, upstream } = await openSubject(context, subject, answer(json(200, { name })))
    await assert.rejects(provider.probe({ providerTaskId: name }, signal), { name: 'ProbeUnavailable' })
    await assert.rejects(provider.start(startRequest(MODEL)), SubmitUnknown)
    assert.deepEqual(
      upstream.seen.map(({ method }) => method),
      ['POST'],
    )
  })
}

test('gemini start: overloaded proves nothing', async (context) => {
  const { provider } = await openSubject(context, subject, answer(json(503, fixtures.overloaded)))
  await assert.rejects(provider.start(startRequest(MODEL)), SubmitUnknown)
})

test('gemini probe: asks with the key, slashes and all', async (context) => {
  const { provider, upstream } = await openSubject(context, subject, answer(json(200, fixtures.running)))
  await provider.probe({ providerTaskId: ID }, signal)
  const [seen] = upstream.seen
  assert.deepEqual(
    [seen?.method, seen?.path, seen?.headers['x-goog-api-key'], seen?.headers.authorization],
    ['GET', `/v1beta/${ID}`, 'key_1', undefined],
  )
})

test('gemini open: the key goes to the own origin, and to no other', async (context) => {
  const elsewhere = await startFaultServer(answer(json(404, {})))
  context.after(() => elsewhere.close())
  const host = elsewhere.baseUrl.replace('http://', '')
  const moved = answer({ status: 302, headers: { location: `${elsewhere.baseUrl}/moved` }, body: '' })
  const { provider, upstream } = await openSubject(context, subject, moved, { allow: `${host} 127.0.0.1` })
  for (const ref of [`${upstream.baseUrl}/v1beta/files/abc`, `${elsewhere.baseUrl}/linked`]) {
    const opened = provider.open({ role: 'video', ref }, { providerTaskId: ID }, signal)
    await assert.rejects(opened, { name: 'OutputGone' })
  }
  assert.equal(upstream.seen[0]?.headers['x-goog-api-key'], 'key_1')
  assert.deepEqual(
    elsewhere.seen.map(({ path, headers }) => [path, headers['x-goog-api-key']]),
    [
      ['/moved', undefined],
      ['/linked', undefined],
    ],
  )
})

const PROMPT = 'a red ball rolls over a table'
const FIRST = { bytesBase64Encoded: Buffer.from('first').toString('base64'), mimeType: 'image/png' }
const LAST = { bytesBase64Encoded: Buffer.from('last').toString('base64'), mimeType: 'image/png' }

const BODIES: readonly [
  title: string,
  model: string,
  request: object,
  inputs: [string, string][],
  body: object,
][] = [
  ['text alone', MODEL, {}, [], { instances: [{ prompt: PROMPT }], parameters: { sampleCount: 1 } }],
  [
    'pixels as a tier and a ratio',
    MODEL,
    { size: '1080x1920', seconds: '8', seed: 7, negativePrompt: 'rain' },
    [],
    {
      instances: [{ prompt: PROMPT }],
      parameters: {
        sampleCount: 1,
        aspectRatio: '9:16',
        resolution: '1080p',
        durationSeconds: 8,
        seed: 7,
        negativePrompt: 'rain',
      },
    },
  ],
  [
    'both frames and an option',
    MODEL,
    { resolution: '4k', providerOptions: { personGeneration: 'allow_adult', storageUri: 'gs://x' } },
    [
      ['first_frame', 'first'],
      ['last_frame', 'last'],
    ],
    {
      instances: [{ prompt: PROMPT, image: FIRST, lastFrame: LAST }],
      parameters: { personGeneration: 'allow_adult', sampleCount: 1, resolution: '4k' },
    },
  ],
  [
    'references',
    MODEL,
    { generateAudio: true },
    [
      ['reference', 'first'],
      ['reference', 'last'],
    ],
    {
      instances: [
        {
          prompt: PROMPT,
          referenceImages: [
            { image: FIRST, referenceType: 'asset' },
            { image: LAST, referenceType: 'asset' },
          ],
        },
      ],
      parameters: { sampleCount: 1 },
    },
  ],
  [
    'a model outside the catalog: the first file is the first frame',
    'veo-9',
    { size: '1280x720', seconds: '5' },
    [['reference', 'first']],
    {
      instances: [{ prompt: PROMPT, image: FIRST }],
      parameters: { sampleCount: 1, aspectRatio: '16:9', resolution: '720p', durationSeconds: 5 },
    },
  ],
]

for (const [title, model, given, files, expected] of BODIES) {
  test(`gemini start: ${title}`, async (context) => {
    const { provider, upstream } = await openSubject(context, subject, answer(json(200, fixtures.created)))
    const inputs = files.map(([role, content]) => inputFile(role as 'reference', content))
    await provider.start(startRequest(model, { request: { ...plainRequest(model), ...given }, inputs }))
    const [seen] = upstream.seen
    assert.equal(seen?.path, `/v1beta/models/${model}:predictLongRunning`)
    assert.deepEqual(JSON.parse(seen?.body ?? ''), expected)
  })
}

const REFUSED: readonly RefusalCase[] = [
  ['no sound', MODEL, { generateAudio: false }, [], /has no generate_audio/],
  ['pixels that no tier has', 'veo-9', { size: '1000x1000' }, [], /aspect_ratio is one of 16:9, 9:16/],
  ['frames with references', MODEL, {}, ['reference', 'first_frame'], /not both together/],
]

refusalCases('gemini', subject, REFUSED)

test('gemini check: the list of models, or what is wrong with the key', async (context) => {
  const good = await openSubject(context, subject, answer(json(200, fixtures.models)))
  assert.equal((await good.provider.check?.(signal))?.ok, true)
  assert.equal(good.upstream.seen[0]?.path, '/v1beta/models?pageSize=1')
  const bad = await openSubject(context, subject, answer(json(400, fixtures.bad_key)))
  const detail = 'API key not valid. (API_KEY_INVALID) (HTTP 400)'
  assert.deepEqual(await bad.provider.check?.(signal), { ok: false, detail })
})
