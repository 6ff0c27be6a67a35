import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SubmitUnknown } from '../../src/providers/provider.ts'
import fixtures from '../../src/providers/runway/fixtures/answers.json' with { type: 'json' }
import { createRunway } from '../../src/providers/runway/index.ts'
import type { StartOutcome, Verdict } from '../../src/task/verdict.ts'
import { answer, html, json, type Behaviour, type Reply } from './fault-server.ts'
import { noVerdictCases } from './provider-cases.ts'
import { providerContract } from './provider-contract.ts'
import {
  inputFile,
  openSubject,
  plainRequest,
  startRequest,
  type ProviderSubject,
} from './provider-subject.ts'

const ID = '17f20503-6c24-4c16-946b-35dbbce2af2f'
const MODEL = 'gen4.5'
const NOW_MS = 1_790_000_000_000
const TEXT = '/v1/text_to_video'
const IMAGE = '/v1/image_to_video'
const LINK = 'https://cdn.example/v.mp4?_jwt=x'
const signal = new AbortController().signal
const operation = { providerTaskId: ID }

const job = (fields: object): Reply => json(200, { ...fixtures.running, ...fields })
const rejected = (
  code: 'account' | 'invalid_input' | 'moderation_blocked' | 'rejected_by_provider',
  detail: string,
): StartOutcome => ({ kind: 'rejected', code, detail })
const laterOn = (detail: string): StartOutcome => ({
  kind: 'not_sent',
  detail,
  retryAtMs: NOW_MS + 5_000,
  pauseAccountMs: 5_000,
})
const failed = (
  code: 'provider_failed' | 'moderation_blocked' | 'provider_cancelled' | 'invalid_input',
  detail: string,
): Verdict => ({ kind: 'failed', code, detail })
const done = (...refs: string[]): Verdict => ({
  kind: 'done',
  outputs: refs.map((ref) => ({ role: 'video', ref })),
  expiresAtMs: NOW_MS + 86_400_000,
})

const subject: ProviderSubject = {
  open: ({ baseUrl, guarded, clock }) =>
    createRunway({ baseUrl: `${baseUrl}/v1/`, apiKey: 'key_1', guarded, clock }),
  model: MODEL,
  accepted: { reply: json(200, fixtures.created), operation },
  refusals: {
    'a bad field, with its name': {
      reply: json(400, fixtures.bad_field),
      expected: rejected('invalid_input', 'Validation of body failed (ratio: Not one of the sizes)'),
    },
    '400 for want of credits': {
      reply: json(400, fixtures.no_credits),
      expected: rejected('account', 'You do not have enough credits. (insufficient_credits)'),
    },
    moderation: {
      reply: json(400, fixtures.moderated),
      expected: rejected('moderation_blocked', 'The prompt did not pass content moderation.'),
    },
    'a bad key': {
      reply: json(401, fixtures.bad_key),
      expected: rejected('account', 'The API key is wrong.'),
    },
    'no such model': {
      reply: json(404, fixtures.no_model),
      expected: rejected('rejected_by_provider', 'The model is not available.'),
    },
    '429: too many today': {
      reply: json(429, fixtures.busy),
      expected: laterOn('Too many requests today.'),
    },
    '503 is load that was shed': {
      reply: json(503, fixtures.overloaded),
      expected: laterOn('Overloaded.'),
    },
    '503 without words is load that was shed': {
      reply: html(503),
      expected: laterOn('The provider is busy (HTTP 503).'),
    },
  },
  verdicts: {
    pending: { reply: json(200, fixtures.pending), expected: { kind: 'waiting' } },
    'throttled is waiting': { reply: json(200, fixtures.throttled), expected: { kind: 'waiting' } },
    'F22: running, with a share as progress': {
      reply: json(200, fixtures.running),
      expected: { kind: 'running', progress: 42 },
    },
    'running without progress': { reply: job({ progress: null }), expected: { kind: 'running' } },
    'running with all of it': { reply: job({ progress: 1 }), expected: { kind: 'running', progress: 99 } },
    'succeeded, with links for a day from this look': {
      reply: json(200, fixtures.done),
      expected: done(LINK),
    },
    'succeeded with two videos': {
      reply: job({ status: 'SUCCEEDED', output: [LINK, 'no link', 'https://cdn.example/w.mp4'] }),
      expected: done(LINK, 'https://cdn.example/w.mp4'),
    },
    'succeeded without output': {
      reply: json(200, fixtures.done_empty),
      expected: failed('provider_failed', 'The provider says that the job succeeded, and names no video.'),
    },
    'F23: failed by moderation': {
      reply: json(200, fixtures.failed),
      expected: failed('moderation_blocked', 'Input was rejected (SAFETY.INPUT.TEXT)'),
    },
    'failed by its own output': {
      reply: json(200, fixtures.failed_output),
      expected: failed('provider_failed', 'The output was poor (INTERNAL.BAD_OUTPUT.CODE01)'),
    },
    'failed by a file, without a sentence': {
      reply: json(200, fixtures.failed_asset),
      expected: failed('invalid_input', 'ASSET.INVALID'),
    },
    'failed without a reason': {
      reply: job({ status: 'FAILED' }),
      expected: failed('provider_failed', 'The provider gave no reason.'),
    },
    cancelled: {
      reply: json(200, fixtures.cancelled),
      expected: failed('provider_cancelled', 'The job was cancelled at the provider.'),
    },
    'an unknown status': {
      reply: job({ status: 'REVIEWING' }),
      expected: { kind: 'unrecognised', status: 'REVIEWING' },
    },
    'deleted: no such task': { reply: json(404, fixtures.not_found), expected: { kind: 'gone' } },
    'the job itself with an error status': {
      reply: json(500, fixtures.pending),
      expected: { kind: 'waiting' },
    },
  },
  otherJob: job({ id: '00000000-6c24-4c16-946b-35dbbce2af2f' }),
  outputs: (baseUrl) => ({ link: { role: 'video', ref: `${baseUrl}/files/v.mp4` } }),
}

providerContract('runway', subject, {
  'start: HTTP 503 is unknown, with one POST': 'documented as load that was shed: nothing was accepted',
})

const NO_VERDICTS: Readonly<Record<string, Reply>> = {
  'the answer of a create': json(200, fixtures.created),
  'another sentence with status 404': json(404, fixtures.no_model),
  'no such task with status 500': json(500, fixtures.not_found),
  'a server error in its own words': json(500, fixtures.broken),
}

noVerdictCases('runway', subject, NO_VERDICTS)

test('runway start: what proves nothing is unknown, 502 and 504 with words included', async (context) => {
  const replies = [
    json(500, fixtures.broken),
    json(502, fixtures.overloaded),
    json(504, fixtures.overloaded),
    json(500, fixtures.created),
  ]
  for (const reply of replies) {
    const { provider } = await openSubject(context, subject, answer(reply))
    await assert.rejects(provider.start(startRequest(MODEL)), SubmitUnknown)
  }
})

type Case = {
  model: string
  request?: object
  inputs?: ReturnType<typeof inputFile>[]
  path: string
  fields: object
}

const promptText = 'a red ball rolls over a table'
const uri = (content: string): string => `data:image/png;base64,${Buffer.from(content).toString('base64')}`

const BODIES: readonly Case[] = [
  { model: MODEL, path: TEXT, fields: { promptText, ratio: '1280:720', duration: 5 } },
  {
    model: MODEL,
    request: { aspectRatio: '9:16', resolution: '720p', seconds: '10', seed: 0 },
    path: TEXT,
    fields: { promptText, ratio: '720:1280', duration: 10, seed: 0 },
  },
  {
    model: 'gen4_turbo',
    request: { size: '1584x672', providerOptions: { contentModeration: { publicFigureThreshold: 'low' } } },
    inputs: [inputFile('reference', 'a')],
    path: IMAGE,
    fields: {
      promptText,
      promptImage: [{ uri: uri('a'), position: 'first' }],
      ratio: '1584:672',
      contentModeration: { publicFigureThreshold: 'low' },
    },
  },
  {
    model: 'veo3.1',
    request: { seconds: '8', negativePrompt: 'rain', generateAudio: false, prompt: '' },
    inputs: [inputFile('last_frame', 'last'), inputFile('first_frame', 'first')],
    path: IMAGE,
    fields: {
      promptImage: [
        { uri: uri('first'), position: 'first' },
        { uri: uri('last'), position: 'last' },
      ],
      ratio: '1280:720',
      duration: 8,
      negativePrompt: 'rain',
      audio: false,
    },
  },
  {
    model: 'seedance2',
    inputs: [inputFile('reference', 'a'), inputFile('reference', 'b')],
    path: IMAGE,
    fields: { promptText, promptImage: [{ uri: uri('a') }, { uri: uri('b') }] },
  },
  {
    model: 'veo3.1_fast',
    request: { seed: 7 },
    path: TEXT,
    fields: { promptText, ratio: '1280:720', seed: 7 },
  },
  { model: 'seedance2_fast', request: { seed: 7 }, path: TEXT, fields: { promptText, seed: 7 } },
  {
    model: 'hailuo3',
    request: { aspectRatio: '16:9', resolution: '2k', seconds: '6', seed: 3, negativePrompt: 'rain' },
    path: TEXT,
    fields: {
      promptText,
      ratio: '16:9',
      resolution: '2k',
      duration: 6,
      seed: 3,
      negativePrompt: 'rain',
    },
  },
]

for (const { model, request, inputs = [], path, fields } of BODIES) {
  test(`runway start: ${model} with ${JSON.stringify({ request, files: inputs.length })}`, async (context) => {
    const { provider, upstream } = await openSubject(context, subject, answer(json(200, fixtures.created)))
    await provider.start(startRequest(model, { request: { ...plainRequest(model), ...request }, inputs }))
    const [seen] = upstream.seen
    assert.equal(seen?.path, path)
    assert.equal(seen?.headers.authorization, 'Bearer key_1')
    assert.equal(seen?.headers['x-runway-version'], '2024-11-06')
    assert.deepEqual(JSON.parse(seen?.body ?? ''), { model, ...fields })
  })
}

const REFUSED: readonly (Pick<Case, 'model' | 'inputs'> & { request?: object })[] = [
  { model: MODEL, request: { negativePrompt: 'rain' } },
  { model: 'seedance2', request: { negativePrompt: 'rain' } },
  { model: 'gen4_turbo' },
  { model: 'unlisted', request: { size: '1280x720', aspectRatio: '16:9' } },
  { model: 'seedance2', inputs: [inputFile('first_frame', 'a'), inputFile('reference', 'b')] },
  { model: MODEL, inputs: [inputFile('video', 'v')] },
]

test('runway start: what it has no place for is refused before anything is sent', async (context) => {
  const { provider, upstream } = await openSubject(context, subject, answer(json(200, fixtures.created)))
  for (const { model, request, inputs = [] } of REFUSED) {
    const given = { request: { ...plainRequest(model), ...request }, inputs }
    const outcome = await provider.start(startRequest(model, given))
    assert.equal(outcome.kind === 'rejected' ? outcome.code : outcome.kind, 'invalid_input')
  }
  assert.equal(upstream.seen.length, 0)
})

test('runway probe: the version goes along, and nothing in an id leaves its place', async (context) => {
  const { provider, upstream } = await openSubject(context, subject, answer(json(404, fixtures.not_found)))
  await provider.probe({ providerTaskId: 'a/b?c' }, signal)
  const [seen] = upstream.seen
  assert.equal(seen?.path, '/v1/tasks/a%2Fb%3Fc')
  assert.equal(seen?.headers['x-runway-version'], '2024-11-06')
})

const cancelling =
  (looked: Reply, deleted: Reply): Behaviour =>
  (request, response) =>
    answer(request.method === 'DELETE' ? deleted : looked)(request, response)

const NO_CONTENT: Reply = { status: 204, body: '' }
const BOTH = ['GET', 'DELETE']

const CANCELS: Readonly<Record<string, { looked: Reply; deleted: Reply; expected: string; seen: string[] }>> =
  {
    'a waiting job': {
      looked: json(200, fixtures.throttled),
      deleted: NO_CONTENT,
      expected: 'cancelled',
      seen: BOTH,
    },
    'a running job': {
      looked: json(200, fixtures.running),
      deleted: NO_CONTENT,
      expected: 'cancelled',
      seen: BOTH,
    },
    'a job that went away meanwhile': {
      looked: json(200, fixtures.running),
      deleted: json(404, fixtures.not_found),
      expected: 'refused',
      seen: BOTH,
    },
    'a finished job, whose video must stay': {
      looked: json(200, fixtures.done),
      deleted: NO_CONTENT,
      expected: 'refused',
      seen: ['GET'],
    },
    'a job that is gone': {
      looked: json(404, fixtures.not_found),
      deleted: NO_CONTENT,
      expected: 'refused',
      seen: ['GET'],
    },
  }

for (const [title, { looked, deleted, expected, seen }] of Object.entries(CANCELS)) {
  test(`runway cancel: ${title}`, async (context) => {
    const opened = await openSubject(context, subject, cancelling(looked, deleted))
    assert.equal(await opened.provider.cancel?.(operation, signal), expected)
    assert.deepEqual(
      opened.upstream.seen.map(({ method }) => method),
      seen,
    )
  })
}

test('runway cancel: an answer that proves nothing is a fault', async (context) => {
  for (const deleted of [json(500, fixtures.broken), html(200), html(404)]) {
    const looked = json(200, fixtures.running)
    const { provider } = await openSubject(context, subject, cancelling(looked, deleted))
    await assert.rejects(async () => provider.cancel?.(operation, signal), { name: 'ProbeUnavailable' })
  }
})

test('runway check: says whether the key is good', async (context) => {
  const good = await openSubject(context, subject, answer(json(200, fixtures.organization)))
  assert.deepEqual(await good.provider.check?.(signal), { ok: true, detail: 'credentials accepted' })
  assert.equal(good.upstream.seen[0]?.path, '/v1/organization')
  const bad = await openSubject(context, subject, answer(json(401, fixtures.bad_key)))
  assert.deepEqual(await bad.provider.check?.(signal), {
    ok: false,
    detail: 'The API key is wrong. (HTTP 401)',
  })
})
