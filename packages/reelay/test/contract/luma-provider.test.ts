import assert from 'node:assert/strict'
import { test } from 'node:test'
import fixtures from '../../src/providers/luma/fixtures/answers.json' with { type: 'json' }
import { createLuma } from '../../src/providers/luma/index.ts'
import { SubmitUnknown, type InputFile } from '../../src/providers/provider.ts'
import type { StartOutcome, Verdict } from '../../src/task/verdict.ts'
import { answer, html, json, type Reply } from './fault-server.ts'
import { cancelCases, noVerdictCases, refusalCases } from './provider-cases.ts'
import type { CancelCase, RefusalCase } from './provider-cases.ts'
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

const ID = '8f3c1a52-0000-4000-8000-000000000001'
const OPERATION = { providerTaskId: ID }
const MODEL = 'ray-2'
const NOW_MS = 1_790_000_000_000
const PATH = `/dream-machine/v1/generations/${ID}`
const NAMES_NO_VIDEO = 'The provider says that the job is completed, and names no video.'
const signal = new AbortController().signal

const job = (fields: object): Reply => json(200, { ...fixtures.dreaming, ...fields })
const refused = (
  code: 'account' | 'invalid_input' | 'moderation_blocked' | 'rejected_by_provider',
  detail: string,
): StartOutcome => ({ kind: 'rejected', code, detail })
const failed = (
  code: 'provider_failed' | 'moderation_blocked' | 'invalid_input',
  detail: string,
): Verdict => ({ kind: 'failed', code, detail })
const failedFor = (reason: string): Reply => job({ state: 'failed', failure_reason: reason })

const subject: ProviderSubject = {
  open: ({ baseUrl, guarded, clock }) => createLuma({ baseUrl, apiKey: 'key_1', guarded, clock }),
  model: MODEL,
  accepted: { reply: json(201, fixtures.created), operation: OPERATION },
  refusals: {
    'a prompt that is too short': {
      reply: json(400, fixtures.bad_prompt),
      expected: refused('invalid_input', 'Prompt is too short, minimum length is 3 characters'),
    },
    'a list of what is wrong': {
      reply: json(422, fixtures.bad_field),
      expected: refused('invalid_input', 'body.duration: unexpected value'),
    },
    'a wrong key': {
      reply: json(401, fixtures.bad_key),
      expected: refused('account', 'Invalid API key is provided'),
    },
    'no credits with 400': {
      reply: json(400, fixtures.no_credits),
      expected: refused('account', 'Insufficient credits'),
    },
    moderation: {
      reply: json(400, fixtures.moderated),
      expected: refused('moderation_blocked', 'Advanced prompt moderation failed'),
    },
    '429 is for now only': {
      reply: json(429, fixtures.too_fast),
      expected: {
        kind: 'not_sent',
        detail: 'Too many requests',
        retryAtMs: NOW_MS + 5_000,
        pauseAccountMs: 5_000,
      },
    },
    'a route that is missing': {
      reply: json(404, fixtures.bad_route),
      expected: refused('rejected_by_provider', 'Not Found'),
    },
  },
  verdicts: {
    queued: { reply: json(200, fixtures.created), expected: { kind: 'waiting' } },
    dreaming: { reply: json(200, fixtures.dreaming), expected: { kind: 'running' } },
    'F24: completed': {
      reply: json(200, fixtures.completed),
      expected: { kind: 'done', outputs: [{ role: 'video', ref: 'https://cdn.example/v.mp4' }] },
    },
    'a reason beside a result is no failure': {
      reply: json(200, { ...fixtures.completed, failure_reason: 'https://cdn.example/v.mp4' }),
      expected: { kind: 'done', outputs: [{ role: 'video', ref: 'https://cdn.example/v.mp4' }] },
    },
    'completed with a picture only': {
      reply: job({ state: 'completed', assets: { image: 'https://cdn.example/v.jpg' } }),
      expected: failed('provider_failed', NAMES_NO_VIDEO),
    },
    'completed without assets': {
      reply: job({ state: 'completed' }),
      expected: failed('provider_failed', NAMES_NO_VIDEO),
    },
    failed: {
      reply: json(200, fixtures.failed),
      expected: failed('provider_failed', 'Prompt processing failed'),
    },
    'failed without a reason': {
      reply: job({ state: 'failed' }),
      expected: failed('provider_failed', 'The provider gave no reason.'),
    },
    'failed by moderation of the prompt': {
      reply: failedFor('Advanced prompt moderation failed'),
      expected: failed('moderation_blocked', 'Advanced prompt moderation failed'),
    },
    'failed by its list of words': {
      reply: failedFor('Contains blacklisted words'),
      expected: failed('moderation_blocked', 'Contains blacklisted words'),
    },
    'failed by its input': {
      reply: failedFor('Failed to read user input frames'),
      expected: failed('invalid_input', 'Failed to read user input frames'),
    },
    'an unknown state': {
      reply: job({ state: 'sleeping' }),
      expected: { kind: 'unrecognised', status: 'sleeping' },
    },
    'the job itself with an error status': {
      reply: json(500, fixtures.dreaming),
      expected: { kind: 'running' },
    },
    'no such job': { reply: json(404, fixtures.not_found), expected: { kind: 'gone' } },
  },
  otherJob: json(200, { ...fixtures.failed, id: '8f3c1a52-0000-4000-8000-000000000002' }),
  outputs: (baseUrl) => ({ link: { role: 'video', ref: `${baseUrl}/files/v.mp4` } }),
  callbacks: {
    registered: callbackField,
    readings: {
      dreaming: { body: fixtures.dreaming, expected: unsigned('moved', OPERATION) },
      'F24: completed': { body: fixtures.completed, expected: unsigned('ended', OPERATION) },
      failed: { body: fixtures.failed, expected: unsigned('ended', OPERATION) },
      'another case': { body: { state: ' Completed' }, expected: unsigned('ended') },
    },
  },
}

providerContract('luma', subject)

const NO_VERDICTS: Readonly<Record<string, Reply>> = {
  'a route that is missing': json(404, fixtures.bad_route),
  'a job without a state': job({ state: null }),
  'a refusal with 400': json(400, fixtures.bad_prompt),
}

noVerdictCases('luma', subject, NO_VERDICTS)

test('luma start: an error with status 201 is unknown', async (context) => {
  const { provider } = await openSubject(context, subject, answer(json(201, fixtures.bad_prompt)))
  await assert.rejects(provider.start(startRequest(MODEL)), SubmitUnknown)
})

for (const suffix of ['', '/', '/v1', '/dream-machine', '/dream-machine/v1', '/dream-machine/v1/']) {
  test(`luma: a base URL that ends in "${suffix}"`, async (context) => {
    const based: ProviderSubject = {
      ...subject,
      open: ({ baseUrl, guarded, clock }) =>
        createLuma({ baseUrl: `${baseUrl}${suffix}`, apiKey: 'key_1', guarded, clock }),
    }
    const { provider, upstream } = await openSubject(context, based, answer(json(200, fixtures.dreaming)))
    await provider.probe({ providerTaskId: ID }, signal)
    assert.equal(upstream.seen[0]?.path, PATH)
    assert.equal(upstream.seen[0]?.headers.authorization, 'Bearer key_1')
  })
}

const CANCELS: readonly CancelCase[] = [
  ['204', { status: 204, body: '' }, 'cancelled'],
  ['no such job', json(404, fixtures.not_found), 'refused'],
  ['a refusal', json(400, { detail: 'Generation is completed' }), 'refused'],
  ['a wrong key', json(401, fixtures.bad_key), null],
  ['a page', html(200), null],
  ['an empty 200', { status: 200, body: '' }, null],
  ['an outage', json(500, { detail: 'no' }), null],
]

cancelCases('luma', subject, { request: ['DELETE', PATH], cases: CANCELS })

const PROMPT = 'a red ball rolls over a table'

const BODIES: readonly [title: string, model: string, request: object, body: object][] = [
  ['text alone', MODEL, {}, {}],
  [
    'pixels as a tier and a ratio',
    MODEL,
    { size: '1280x720', seconds: '9', generateAudio: false },
    { aspect_ratio: '16:9', resolution: '720p', duration: '9s' },
  ],
  [
    'options',
    'ray-flash-2',
    {
      resolution: '4k',
      aspectRatio: '21:9',
      providerOptions: { loop: true, concepts: [{ key: 'dolly_zoom' }], callback_url: 'https://x.example' },
    },
    { loop: true, concepts: [{ key: 'dolly_zoom' }], aspect_ratio: '21:9', resolution: '4k' },
  ],
  [
    'a model outside the catalog',
    'ray-9',
    { size: '1080x1920', seconds: '12' },
    { aspect_ratio: '9:16', resolution: '1080p', duration: '12s' },
  ],
]

for (const [title, model, given, expected] of BODIES) {
  test(`luma start: ${title}`, async (context) => {
    const { provider, upstream } = await openSubject(context, subject, answer(json(201, fixtures.created)))
    await provider.start(startRequest(model, { request: { ...plainRequest(model), ...given } }))
    const [seen] = upstream.seen
    assert.equal(seen?.path, '/dream-machine/v1/generations/video')
    assert.deepEqual(JSON.parse(seen?.body ?? ''), { model, prompt: PROMPT, ...expected })
  })
}

const REFUSED: readonly RefusalCase[] = [
  ['seed', MODEL, { seed: 0 }, [], /Luma has no seed: leave it out/],
  ['sound', MODEL, { generateAudio: true }, [], /has no generate_audio/],
  ['a video', MODEL, {}, ['video'], /pictures only/],
  ['three pictures', MODEL, {}, ['reference', 'reference', 'reference'], /two files at most/],
  ['pixels that no tier has', 'ray-9', { size: '1000x300' }, [], /aspect_ratio is one of/],
]

refusalCases('luma', subject, REFUSED)

const linkTo = (role: string): string => `https://gateway.example/v1/inputs/${role}?sig=1`

const KEYFRAMES: readonly [roles: InputFile['role'][], keyframes: object][] = [
  [['first_frame'], { frame0: { type: 'image', url: linkTo('first_frame') } }],
  [['last_frame'], { frame1: { type: 'image', url: linkTo('last_frame') } }],
  [
    ['last_frame', 'first_frame'],
    {
      frame0: { type: 'image', url: linkTo('first_frame') },
      frame1: { type: 'image', url: linkTo('last_frame') },
    },
  ],
  [['reference'], { frame0: { type: 'image', url: linkTo('reference') } }],
]

for (const [roles, keyframes] of KEYFRAMES) {
  test(`luma start: ${roles.join(' and ')} by address`, async (context) => {
    const { provider, upstream } = await openSubject(context, subject, answer(json(201, fixtures.created)))
    await provider.start(startRequest(MODEL, { inputs: roles.map((role) => inputFile(role, 'x')) }))
    assert.deepEqual(JSON.parse(upstream.seen[0]?.body ?? ''), { model: MODEL, prompt: PROMPT, keyframes })
  })
}

test('luma start: a picture without an address is an error before anything is sent', async (context) => {
  const { provider, upstream } = await openSubject(context, subject, answer(json(201, fixtures.created)))
  let asked = 0
  const start = startRequest(MODEL, {
    inputs: [
      {
        ...inputFile('first_frame', 'x'),
        publicUrl: () => {
          throw new Error('no address')
        },
      },
    ],
    mayStillSend: () => (asked += 1) > 0,
  })
  await assert.rejects(provider.start(start), { message: 'no address' })
  assert.deepEqual([asked, upstream.posts()], [0, 0])
})

test('luma check: the balance, or what is wrong with the key', async (context) => {
  const good = await openSubject(context, subject, answer(json(200, fixtures.credits)))
  assert.equal((await good.provider.check?.(signal))?.ok, true)
  assert.equal(good.upstream.seen[0]?.path, '/dream-machine/v1/credits')
  const bad = await openSubject(context, subject, answer(json(401, fixtures.bad_key)))
  const detail = 'Invalid API key is provided (HTTP 401)'
  assert.deepEqual(await bad.provider.check?.(signal), { ok: false, detail })
})
