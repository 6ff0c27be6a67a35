import assert from 'node:assert/strict'
import { test } from 'node:test'
import fixtures from '../../src/providers/openrouter/fixtures/answers.json' with { type: 'json' }
import { createOpenrouter } from '../../src/providers/openrouter/index.ts'
import { SubmitUnknown } from '../../src/providers/provider.ts'
import type { StartOutcome, Verdict } from '../../src/task/verdict.ts'
import { answer, json, type Reply } from './fault-server.ts'
import { noVerdictCases, refusalCases, type RefusalCase } from './provider-cases.ts'
import { providerContract } from './provider-contract.ts'
import {
  callbackField,
  inputFile,
  openSubject,
  plainRequest,
  startRequest,
  unsigned,
  type ProviderSubject,
} from './provider-subject.ts'

const ID = 'job-abc123'
const MODEL = 'google/veo-3.1'
const NOW_MS = 1_790_000_000_000
const PATH = `/api/v1/videos/${ID}`
const signal = new AbortController().signal

const job = (fields: object): Reply => json(200, { ...fixtures.in_progress, ...fields })
const refused = (
  code: 'account' | 'invalid_input' | 'moderation_blocked' | 'rejected_by_provider',
  detail: string,
): StartOutcome => ({ kind: 'rejected', code, detail })
const done = (...refs: string[]): Verdict => ({
  kind: 'done',
  outputs: refs.map((ref) => ({ role: 'video', ref })),
})
const failed = (
  code:
    | 'provider_failed'
    | 'moderation_blocked'
    | 'invalid_input'
    | 'provider_expired'
    | 'provider_cancelled',
  detail: string,
): Verdict => ({ kind: 'failed', code, detail })

const subject: ProviderSubject = {
  open: ({ baseUrl, guarded, clock }) =>
    createOpenrouter({ baseUrl: `${baseUrl}/api/v1`, apiKey: 'key_1', guarded, clock }),
  model: MODEL,
  accepted: { reply: json(202, fixtures.created), operation: { providerTaskId: ID } },
  refusals: {
    'a parameter': {
      reply: json(400, fixtures.bad_request),
      expected: refused('invalid_input', 'Invalid request parameters (400)'),
    },
    'a wrong key': {
      reply: json(401, fixtures.bad_key),
      expected: refused('account', 'Missing Authentication header (401)'),
    },
    'no credit': {
      reply: json(402, fixtures.no_credit),
      expected: refused('account', `${fixtures.no_credit.error.message} (402)`),
    },
    'a flagged prompt comes with 403': {
      reply: json(403, fixtures.flagged),
      expected: refused('moderation_blocked', 'Input was flagged: violence, hate (moderation)'),
    },
    '403 without reasons is about the key': {
      reply: json(403, fixtures.forbidden),
      expected: refused('account', 'This key may not use this model (403)'),
    },
    'no such model': {
      reply: json(404, fixtures.no_endpoints),
      expected: refused('rejected_by_provider', 'No endpoints found for this model (404)'),
    },
    '429 is for now only': {
      reply: json(429, fixtures.too_fast, { 'retry-after': '9' }),
      expected: {
        kind: 'not_sent',
        detail: 'Rate limit exceeded (429)',
        retryAtMs: NOW_MS + 9_000,
        pauseAccountMs: 9_000,
      },
    },
  },
  verdicts: {
    pending: { reply: json(200, fixtures.created), expected: { kind: 'waiting' } },
    in_progress: { reply: json(200, fixtures.in_progress), expected: { kind: 'running' } },
    'completed with a content route': {
      reply: json(200, fixtures.completed),
      expected: done(fixtures.completed.unsigned_urls[0]!),
    },
    'completed with several videos': {
      reply: job({
        status: 'completed',
        unsigned_urls: ['https://a.example/0', 'https://a.example/1'],
        urls: ['https://b.example/0'],
      }),
      expected: done('https://a.example/0', 'https://a.example/1'),
    },
    'completed with signed links only': {
      reply: json(200, fixtures.completed_with_signed_links),
      expected: done('https://storage.example/v.mp4?sig=a%2Fb'),
    },
    'completed without links': {
      reply: json(200, fixtures.completed_without_links),
      expected: done('content:0'),
    },
    'completed with links that are none': {
      reply: job({ status: 'completed', unsigned_urls: ['file:///etc/passwd', null, 7] }),
      expected: done('content:0'),
    },
    'an error beside a result is no failure': {
      reply: json(200, { ...fixtures.completed, error: '' }),
      expected: done(fixtures.completed.unsigned_urls[0]!),
    },
    failed: {
      reply: json(200, fixtures.failed),
      expected: failed('provider_failed', 'Provider returned error'),
    },
    'failed by moderation': {
      reply: json(200, fixtures.failed_by_moderation),
      expected: failed('moderation_blocked', fixtures.failed_by_moderation.error),
    },
    'failed with an object': {
      reply: json(200, fixtures.failed_with_an_object),
      expected: failed('invalid_input', 'first_frame is too small (400)'),
    },
    cancelled: {
      reply: json(200, fixtures.cancelled),
      expected: failed('provider_cancelled', 'The provider gave no reason.'),
    },
    expired: {
      reply: json(200, fixtures.expired),
      expected: failed('provider_expired', 'The job took too long'),
    },
    'a status in capitals': { reply: job({ status: 'IN_PROGRESS' }), expected: { kind: 'running' } },
    'an unknown status': {
      reply: job({ status: 'warming' }),
      expected: { kind: 'unrecognised', status: 'warming' },
    },
    'the job itself with an error status': {
      reply: json(500, fixtures.in_progress),
      expected: { kind: 'running' },
    },
    'no such job': { reply: json(404, fixtures.not_found), expected: { kind: 'gone' } },
  },
  otherJob: json(200, { ...fixtures.failed, id: 'job-other' }),
  outputs: (baseUrl) => ({
    link: { role: 'video', ref: `${baseUrl}/files/v.mp4` },
    content: { role: 'video', ref: 'content:0' },
  }),
  callbacks: {
    registered: callbackField,
    readings: {
      completed: { body: fixtures.callback_completed, expected: unsigned('ended', { providerTaskId: ID }) },
      failed: { body: fixtures.callback_failed, expected: unsigned('ended', { providerTaskId: ID }) },
      'a word that is no end': {
        body: { type: 'video.generation.in_progress', data: { id: ID, status: 'in_progress' } },
        expected: unsigned('moved', { providerTaskId: ID }),
      },
    },
  },
}

providerContract('openrouter', subject)

const NO_VERDICTS: Readonly<Record<string, Reply>> = {
  'a refusal': json(400, fixtures.bad_request),
  'an outage': json(500, fixtures.outage),
  'an outage of the provider behind it': json(502, fixtures.provider_outage),
  'a 404 in other words': json(404, { error: { message: 'no', code: '' } }),
  'a job without a status': job({ status: null }),
  'an error with status 200': json(200, fixtures.provider_outage),
}

noVerdictCases('openrouter', subject, NO_VERDICTS)

const UNKNOWN: Readonly<Record<string, Reply>> = {
  'an error with status 200': json(200, fixtures.provider_outage),
  'its own 500': json(500, fixtures.outage),
  'its own 502': json(502, fixtures.provider_outage),
  'an id without a status': json(202, { id: ID }),
}

for (const [title, reply] of Object.entries(UNKNOWN)) {
  test(`openrouter start: ${title} is unknown`, async (context) => {
    const { provider } = await openSubject(context, subject, answer(reply))
    await assert.rejects(provider.start(startRequest(MODEL)), SubmitUnknown)
  })
}

for (const suffix of ['', '/', '/v1', '/api', '/api/v1', '/api/v1/']) {
  test(`openrouter: a base URL that ends in "${suffix}"`, async (context) => {
    const based: ProviderSubject = {
      ...subject,
      open: ({ baseUrl, guarded, clock }) =>
        createOpenrouter({ baseUrl: `${baseUrl}${suffix}`, apiKey: 'key_1', guarded, clock }),
    }
    const { provider, upstream } = await openSubject(context, based, answer(json(200, fixtures.created)))
    await provider.probe({ providerTaskId: ID }, signal)
    assert.equal(upstream.seen[0]?.path, PATH)
    assert.equal(upstream.seen[0]?.headers.authorization, 'Bearer key_1')
  })
}

test('openrouter: an id with slashes stays one part of the path', async (context) => {
  const id = 'jobs/a b'
  const { provider, upstream } = await openSubject(context, subject, answer(job({ id })))
  await provider.probe({ providerTaskId: id }, signal)
  assert.equal(upstream.seen[0]?.path, '/api/v1/videos/jobs%2Fa%20b')
})

test('openrouter open: the content route of the job, with the key', async (context) => {
  const { provider, upstream } = await openSubject(context, subject, answer(json(500, {})))
  const output = { role: 'video', ref: 'content:2' } as const
  await assert.rejects(provider.open(output, { providerTaskId: ID }, signal))
  assert.equal(upstream.seen[0]?.path, `${PATH}/content?index=2`)
  assert.equal(upstream.seen[0]?.headers.authorization, 'Bearer key_1')
})

const PROMPT = 'a red ball rolls over a table'
const PICTURE = { type: 'image_url', image_url: { url: 'data:image/png;base64,YQ==' } }

const BODIES: readonly [title: string, model: string, request: object, files: string[], body: object][] = [
  ['text alone', MODEL, {}, [], {}],
  [
    'pixels as a tier and a ratio',
    MODEL,
    { size: '1280x720', seconds: '8', seed: 7, generateAudio: false },
    [],
    { resolution: '720p', aspect_ratio: '16:9', duration: 8, seed: 7, generate_audio: false },
  ],
  ['a tier with a capital', MODEL, { size: '2160x3840' }, [], { resolution: '4K', aspect_ratio: '9:16' }],
  [
    'both frames',
    'kwaivgi/kling-v3.0-pro',
    {},
    ['last_frame', 'first_frame'],
    {
      frame_images: [
        { ...PICTURE, frame_type: 'first_frame' },
        { ...PICTURE, frame_type: 'last_frame' },
      ],
    },
  ],
  [
    'a file without a role is the first frame',
    'runway/gen-4.5',
    { generateAudio: false },
    ['reference'],
    { frame_images: [{ ...PICTURE, frame_type: 'first_frame' }] },
  ],
  [
    'a model outside the catalog',
    'someone/new',
    { size: '1000x300', seconds: '12' },
    ['reference', 'reference'],
    { size: '1000x300', duration: 12, input_references: [PICTURE, PICTURE] },
  ],
]

for (const [title, model, given, roles, expected] of BODIES) {
  test(`openrouter start: ${title}`, async (context) => {
    const { provider, upstream } = await openSubject(context, subject, answer(json(202, fixtures.created)))
    const inputs = roles.map((role) => inputFile(role as 'reference', 'a'))
    await provider.start(startRequest(model, { request: { ...plainRequest(model), ...given }, inputs }))
    const [seen] = upstream.seen
    assert.equal(seen?.path, '/api/v1/videos')
    assert.equal(seen?.headers['content-type'], 'application/json')
    assert.deepEqual(JSON.parse(seen?.body ?? ''), { model, prompt: PROMPT, ...expected })
  })
}

const REFUSED: readonly RefusalCase[] = [
  ['what to avoid', MODEL, { negativePrompt: 'fog' }, [], /OpenRouter has no negative_prompt/],
  ['a seed for a model without', 'openai/sora-2-pro', { seed: 1 }, [], /sora-2-pro has no seed/],
  ['a video', MODEL, {}, ['video'], /pictures only/],
  ['frames and references together', 'someone/new', {}, ['first_frame', 'reference'], /not both together/],
]

refusalCases('openrouter', subject, REFUSED)

test('openrouter check: its key, or what is wrong with it', async (context) => {
  const good = await openSubject(context, subject, answer(json(200, fixtures.key)))
  assert.equal((await good.provider.check?.(signal))?.ok, true)
  assert.equal(good.upstream.seen[0]?.path, '/api/v1/key')
  const bad = await openSubject(context, subject, answer(json(401, fixtures.bad_key)))
  const detail = 'Missing Authentication header (401) (HTTP 401)'
  assert.deepEqual(await bad.provider.check?.(signal), { ok: false, detail })
})
