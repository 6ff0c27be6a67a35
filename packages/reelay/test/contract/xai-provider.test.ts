import assert from 'node:assert/strict'
import { test } from 'node:test'
import fixtures from '../../src/providers/xai/fixtures/answers.json' with { type: 'json' }
import { createXai } from '../../src/providers/xai/index.ts'
import { SubmitUnknown } from '../../src/providers/provider.ts'
import type { StartOutcome, Verdict } from '../../src/task/verdict.ts'
import { answer, html, json, type Reply } from './fault-server.ts'
import { noVerdictCases, refusalCases, type RefusalCase } from './provider-cases.ts'
import { providerContract } from './provider-contract.ts'
import {
  inputFile,
  openSubject,
  plainRequest,
  startRequest,
  type ProviderSubject,
} from './provider-subject.ts'

const ID = '7f1c2a90-0000-4000-8000-000000000001'
const MODEL = 'grok-imagine-video'
const NOW_MS = 1_790_000_000_000
const NAMES_NO_VIDEO = 'The provider says that the job is done, and names no video.'
const HELD_BACK = 'The video was held back by moderation.'
const signal = new AbortController().signal

const refused = (
  code: 'account' | 'invalid_input' | 'moderation_blocked' | 'rejected_by_provider',
  detail: string,
): StartOutcome => ({ kind: 'rejected', code, detail })
const failed = (
  code: 'provider_failed' | 'moderation_blocked' | 'invalid_input' | 'provider_expired',
  detail: string,
): Verdict => ({ kind: 'failed', code, detail })
const done: Verdict = { kind: 'done', outputs: [{ role: 'video', ref: 'https://vidgen.example/v.mp4' }] }
const job = (fields: object): Reply => json(200, fields)

const subject: ProviderSubject = {
  open: ({ baseUrl, guarded, clock }) =>
    createXai({ baseUrl: `${baseUrl}/v1`, apiKey: 'key_1', guarded, clock }),
  model: MODEL,
  accepted: { reply: json(200, fixtures.created), operation: { providerTaskId: ID } },
  refusals: {
    'an argument, with a code beside the text': {
      reply: json(400, fixtures.bad_argument),
      expected: refused(
        'invalid_input',
        'duration must be at most 15. (Client specified an invalid argument)',
      ),
    },
    'an argument, as an object': {
      reply: json(422, fixtures.bad_argument_as_object),
      expected: refused('invalid_input', 'duration must be at most 15.'),
    },
    'an argument, as a bare text': {
      reply: json(400, fixtures.bad_argument_as_text),
      expected: refused('invalid_input', 'duration must be at most 15.'),
    },
    'a wrong key comes with 400': {
      reply: json(400, fixtures.bad_key),
      expected: refused('account', 'Incorrect API key provided.'),
    },
    'no credit comes with 429': {
      reply: json(429, fixtures.no_credit),
      expected: refused('account', fixtures.no_credit.error),
    },
    '429 without words about credit is for now only': {
      reply: json(429, fixtures.too_fast),
      expected: {
        kind: 'not_sent',
        detail: 'Too many requests. (Some resource has been exhausted)',
        retryAtMs: NOW_MS + 5_000,
        pauseAccountMs: 5_000,
      },
    },
    'a moderated prompt comes with 403': {
      reply: json(403, fixtures.against_guidelines),
      expected: refused('moderation_blocked', 'Content violates usage guidelines.'),
    },
    'no such model': {
      reply: json(404, { error: 'The model grok-0 does not exist.' }),
      expected: refused('rejected_by_provider', 'The model grok-0 does not exist.'),
    },
  },
  verdicts: {
    'F30: 202 with an empty body': { reply: { status: 202, body: '' }, expected: { kind: 'running' } },
    '202 with an empty object': { reply: json(202, {}), expected: { kind: 'running' } },
    '202 pending': { reply: json(202, fixtures.pending), expected: { kind: 'running', progress: 40 } },
    '200 pending': { reply: json(200, fixtures.pending), expected: { kind: 'running', progress: 40 } },
    'progress of 100 before the end': {
      reply: json(202, { ...fixtures.pending, progress: 100 }),
      expected: { kind: 'running', progress: 99 },
    },
    'only the id': { reply: json(200, fixtures.created), expected: { kind: 'running' } },
    'F28: done': { reply: json(200, fixtures.done), expected: done },
    'a video without a status is done': { reply: json(200, fixtures.done_without_status), expected: done },
    'F29: done and held back': {
      reply: json(200, fixtures.moderated),
      expected: failed('moderation_blocked', HELD_BACK),
    },
    'held back with a link': {
      reply: job({ status: 'done', video: { ...fixtures.done.video, respect_moderation: false } }),
      expected: failed('moderation_blocked', HELD_BACK),
    },
    'held back with a link and no status': {
      reply: job({ video: { ...fixtures.done.video, respect_moderation: false } }),
      expected: failed('moderation_blocked', HELD_BACK),
    },
    'done with an empty link': {
      reply: job({ status: 'done', video: { url: '', respect_moderation: true } }),
      expected: failed('provider_failed', NAMES_NO_VIDEO),
    },
    'done without a video': {
      reply: job({ status: 'done' }),
      expected: failed('provider_failed', NAMES_NO_VIDEO),
    },
    'failed with 200': {
      reply: json(200, fixtures.failed),
      expected: failed('provider_failed', 'Video generation failed. (internal_error)'),
    },
    'failed without a reason': {
      reply: job({ status: 'failed' }),
      expected: failed('provider_failed', 'The provider gave no reason.'),
    },
    'failed by moderation': {
      reply: json(200, fixtures.failed_by_moderation),
      expected: failed('moderation_blocked', 'The prompt was rejected by moderation. (invalid_argument)'),
    },
    'failed by its guidelines': {
      reply: job({ status: 'failed', error: { message: 'Content violates usage guidelines.' } }),
      expected: failed('moderation_blocked', 'Content violates usage guidelines.'),
    },
    'failed by its input': {
      reply: json(200, fixtures.failed_by_input),
      expected: failed('invalid_input', 'The image could not be read. (invalid_argument)'),
    },
    expired: {
      reply: json(200, fixtures.expired),
      expected: failed('provider_expired', 'The provider says that the job expired.'),
    },
    'an unknown status': {
      reply: job({ status: 'reviewing' }),
      expected: { kind: 'unrecognised', status: 'reviewing' },
    },
    'an unknown status with 202': {
      reply: json(202, { status: 'queued' }),
      expected: { kind: 'unrecognised', status: 'queued' },
    },
    'no such job': { reply: json(404, fixtures.not_found), expected: { kind: 'gone' } },
  },
  otherJob: json(200, { ...fixtures.failed, request_id: 'other' }),
  outputs: (baseUrl) => ({ link: { role: 'video', ref: `${baseUrl}/files/v.mp4` } }),
}

providerContract('xai', subject)

const NO_VERDICTS: Readonly<Record<string, Reply>> = {
  '202 with a page': html(202),
  '202 with an error': json(202, fixtures.bad_argument_as_text),
  '200 with an error': json(200, fixtures.bad_argument),
  '404 that is not about the job': json(404, fixtures.bad_argument_as_text),
  'a job with status 500': json(500, fixtures.failed),
  'a job with status 204': { status: 204, body: '' },
}

noVerdictCases('xai', subject, NO_VERDICTS)

test('xai probe: an id is one part of the path', async (context) => {
  const { provider, upstream } = await openSubject(context, subject, answer(json(200, fixtures.pending)))
  await provider.probe({ providerTaskId: 'a/../b' }, signal)
  assert.equal(upstream.seen[0]?.path, '/v1/videos/a%2F..%2Fb')
  assert.equal(upstream.seen[0]?.headers.authorization, 'Bearer key_1')
})

test('xai start: the id in an error is none of a job', async (context) => {
  const body = { ...fixtures.bad_argument, request_id: 'r_1' }
  const { provider } = await openSubject(context, subject, answer(json(200, body)))
  await assert.rejects(provider.start(startRequest(MODEL)), SubmitUnknown)
})

const PROMPT = 'a red ball rolls over a table'
const uri = (content: string): string => `data:image/png;base64,${Buffer.from(content).toString('base64')}`

const BODIES: readonly [
  title: string,
  model: string,
  request: object,
  inputs: [string, string][],
  body: object,
][] = [
  ['text alone', MODEL, {}, [], {}],
  [
    'pixels as a tier and a ratio',
    MODEL,
    { size: '1280x720', seconds: '6', generateAudio: true },
    [],
    { duration: 6, aspect_ratio: '16:9', resolution: '720p' },
  ],
  [
    'a first frame',
    MODEL,
    { resolution: '480p' },
    [['first_frame', 'first']],
    {
      resolution: '480p',
      image: { url: uri('first') },
    },
  ],
  [
    'references',
    'grok-imagine-video-1.5',
    { aspectRatio: '1:1' },
    [
      ['reference', 'first'],
      ['reference', 'second'],
    ],
    { aspect_ratio: '1:1', reference_images: [{ url: uri('first') }, { url: uri('second') }] },
  ],
  [
    'a model outside the catalog',
    'grok-next',
    { size: '1920x1080', seconds: '20' },
    [],
    { duration: 20, aspect_ratio: '16:9', resolution: '1080p' },
  ],
]

for (const [title, model, given, files, expected] of BODIES) {
  test(`xai start: ${title}`, async (context) => {
    const { provider, upstream } = await openSubject(context, subject, answer(json(200, fixtures.created)))
    const inputs = files.map(([role, content]) => inputFile(role as 'reference', content))
    await provider.start(startRequest(model, { request: { ...plainRequest(model), ...given }, inputs }))
    const [seen] = upstream.seen
    assert.equal(seen?.path, '/v1/videos/generations')
    assert.equal(seen?.headers.authorization, 'Bearer key_1')
    assert.deepEqual(JSON.parse(seen?.body ?? ''), { model, prompt: PROMPT, ...expected })
  })
}

const REFUSED: readonly RefusalCase[] = [
  [
    'seed and negative prompt',
    MODEL,
    { seed: 7, negativePrompt: 'rain' },
    [],
    /xAI has no negative_prompt and no seed/,
  ],
  ['no sound', MODEL, { generateAudio: false }, [], /no generate_audio/],
  ['a last frame', MODEL, {}, ['first_frame', 'last_frame'], /no last frame/],
  ['a frame with references', MODEL, {}, ['first_frame', 'reference'], /not both together/],
  ['a video', MODEL, {}, ['video'], /pictures only/],
]

refusalCases('xai', subject, REFUSED)

test('xai check: the list of models, or what is wrong with the key', async (context) => {
  const good = await openSubject(context, subject, answer(json(200, fixtures.models)))
  assert.equal((await good.provider.check?.(signal))?.ok, true)
  assert.equal(good.upstream.seen[0]?.path, '/v1/models')
  const bad = await openSubject(context, subject, answer(json(400, fixtures.bad_key)))
  const detail = 'Incorrect API key provided. (HTTP 400)'
  assert.deepEqual(await bad.provider.check?.(signal), { ok: false, detail })
})
