import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import fixtures from '../../src/providers/kling/fixtures/answers.json' with { type: 'json' }
import { createKling } from '../../src/providers/kling/index.ts'
import { SubmitUnknown } from '../../src/providers/provider.ts'
import type { StartOutcome, Verdict } from '../../src/task/verdict.ts'
import { answer, json, type Behaviour, type Reply } from './fault-server.ts'
import { noVerdictCases } from './provider-cases.ts'
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

const ID = '867283741759111202'
const TEXT = '/v1/videos/text2video'
const IMAGE = '/v1/videos/image2video'
const REFERENCES = '/v1/videos/multi-image2video'
const NOW_MS = 1_790_000_000_000
const FINISHED_MS = 1_722_769_560_000
const signal = new AbortController().signal

const job = (fields: object): Reply =>
  json(200, { ...fixtures.running, data: { ...fixtures.running.data, ...fields } })
const refused = (code: 'account' | 'invalid_input' | 'moderation_blocked', detail: string): StartOutcome => ({
  kind: 'rejected',
  code,
  detail,
})
const laterOn = (detail: string): StartOutcome => ({
  kind: 'not_sent',
  detail,
  retryAtMs: NOW_MS + 5_000,
  pauseAccountMs: 5_000,
})
const failed = (code: 'provider_failed' | 'moderation_blocked', detail: string): Verdict => ({
  kind: 'failed',
  code,
  detail,
  finishedAtMs: FINISHED_MS,
})

const subject: ProviderSubject = {
  open: ({ baseUrl, guarded, clock }) => createKling({ baseUrl, apiKey: 'key_1', guarded, clock }),
  model: 'kling-v2-6',
  accepted: { reply: json(200, fixtures.created), operation: { providerTaskId: ID, endpoint: TEXT } },
  refusals: {
    'F16: 429 with 1303 is too many jobs at once': {
      reply: json(429, fixtures.too_many),
      expected: laterOn('parallel task over resource pack limit (1303)'),
    },
    '1303 with another status': {
      reply: json(400, fixtures.too_many),
      expected: laterOn('parallel task over resource pack limit (1303)'),
    },
    '429 with 1302 is too fast': {
      reply: json(429, fixtures.too_fast),
      expected: laterOn('API request too fast (1302)'),
    },
    '429 with 1102 is no money': {
      reply: json(429, fixtures.in_arrears),
      expected: refused('account', 'Resource pack exhausted (1102)'),
    },
    'a code with status 200 is a refusal': {
      reply: json(200, fixtures.bad_parameter),
      expected: refused('invalid_input', 'duration is invalid (1201)'),
    },
    'an expired token': {
      reply: json(401, fixtures.token_expired),
      expected: refused('account', 'Authorization has expired (1004)'),
    },
    moderation: {
      reply: json(400, fixtures.moderated),
      expected: refused('moderation_blocked', 'Triggered the content security policy (1301)'),
    },
    'an id of 18 digits as a JSON number keeps its digits': {
      reply: {
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: `{"code":0,"message":"success","data":{"task_id":${ID},"task_status":"submitted"}}`,
      },
      expected: { kind: 'accepted', operation: { providerTaskId: ID, endpoint: TEXT } },
    },
  },
  verdicts: {
    'F13: submitted': { reply: json(200, fixtures.created), expected: { kind: 'waiting' } },
    processing: { reply: json(200, fixtures.running), expected: { kind: 'running' } },
    'F14: succeed, with links for 30 days': {
      reply: json(200, fixtures.done),
      expected: {
        kind: 'done',
        outputs: [{ role: 'video', ref: 'https://p1.example/v.mp4' }],
        expiresAtMs: FINISHED_MS + 30 * 86_400_000,
        finishedAtMs: FINISHED_MS,
      },
    },
    'succeed without a video': {
      reply: json(200, fixtures.done_without_video),
      expected: failed('provider_failed', 'The provider says that the job succeeded, and names no video.'),
    },
    'failed by risk control': {
      reply: json(200, fixtures.failed),
      expected: failed('moderation_blocked', 'risk control'),
    },
    'failed without a reason': {
      reply: job({ task_status: 'failed', updated_at: FINISHED_MS }),
      expected: failed('provider_failed', 'The provider gave no reason.'),
    },
    'an unknown status': {
      reply: job({ task_status: 'reviewing' }),
      expected: { kind: 'unrecognised', status: 'reviewing' },
    },
    'no such resource': { reply: json(404, fixtures.not_found), expected: { kind: 'gone' } },
    'no such task': { reply: json(200, fixtures.task_not_found), expected: { kind: 'gone' } },
    'the job itself with an error status': {
      reply: json(500, fixtures.running),
      expected: { kind: 'running' },
    },
  },
  otherJob: job({ task_id: '867283741759111200' }),
  outputs: (baseUrl) => ({ link: { role: 'video', ref: `${baseUrl}/files/v.mp4` } }),
  callbacks: {
    registered: callbackField,
    readings: {
      'F15: failed, flat': { body: fixtures.callback, expected: unsigned('ended') },
      succeed: { body: fixtures.callback_done, expected: unsigned('ended') },
      processing: { body: fixtures.running.data, expected: unsigned('moved') },
      'the envelope of an answer': { body: fixtures.failed, expected: unsigned('moved') },
    },
  },
}

providerContract('kling', subject)

const NO_VERDICTS: Readonly<Record<string, Reply>> = {
  'F15: the body of a callback': json(200, fixtures.callback),
  'another parameter error': json(400, fixtures.bad_parameter),
  'a server error in its own words': json(500, fixtures.server_error),
  'no such resource with status 500': json(500, fixtures.not_found),
}

noVerdictCases('kling', subject, NO_VERDICTS)

test('kling start: a server error in its own words is unknown', async (context) => {
  const { provider } = await openSubject(context, subject, answer(json(500, fixtures.server_error)))
  await assert.rejects(provider.start(startRequest('kling-v2-6')), SubmitUnknown)
})

test('kling probe: asks under the path that made the job, whatever is in its id', async (context) => {
  const { provider, upstream } = await openSubject(context, subject, answer(json(404, fixtures.not_found)))
  await provider.probe({ providerTaskId: 'a/b:c', endpoint: IMAGE }, signal)
  assert.equal(upstream.seen[0]?.path, `${IMAGE}/a%2Fb%3Ac`)
})

test('kling probe: an operation without a path of its own is not asked for', async (context) => {
  const { provider, upstream } = await openSubject(context, subject, answer(json(200, fixtures.done)))
  const operation = { providerTaskId: ID, endpoint: '/v1/elsewhere' }
  await assert.rejects(provider.probe(operation, signal), /stored without its path/)
  assert.equal(upstream.seen.length, 0)
})

type Case = { model: string; request?: object; inputs?: ReturnType<typeof inputFile>[] }
const base64 = (text: string): string => Buffer.from(text).toString('base64')

const BODIES: readonly (Case & { path: string; fields: object })[] = [
  { model: 'kling-v2-6', path: TEXT, fields: {} },
  {
    model: 'kling-v2-6',
    request: { seconds: '10', size: '1920x1080', negativePrompt: 'rain', generateAudio: true },
    path: TEXT,
    fields: { duration: '10', mode: 'pro', aspect_ratio: '16:9', negative_prompt: 'rain', sound: 'on' },
  },
  {
    model: 'kling-v3',
    request: { resolution: '720p', aspectRatio: '9:16', generateAudio: false, seconds: '7' },
    path: TEXT,
    fields: { duration: '7', mode: 'std', aspect_ratio: '9:16', sound: 'off' },
  },
  {
    model: 'kling-v2-6',
    request: { aspectRatio: '16:9', providerOptions: { mode: 'pro', cfg_scale: 0.5 } },
    inputs: [inputFile('first_frame', 'first'), inputFile('last_frame', 'last')],
    path: IMAGE,
    fields: { image: base64('first'), image_tail: base64('last'), mode: 'pro', cfg_scale: 0.5 },
  },
  {
    model: 'kling-v1-6',
    request: { aspectRatio: '1:1' },
    inputs: [inputFile('reference', 'a'), inputFile('reference', 'b')],
    path: REFERENCES,
    fields: { image_list: [{ image: base64('a') }, { image: base64('b') }], aspect_ratio: '1:1' },
  },
  {
    model: 'kling-v2-1',
    inputs: [inputFile('reference', 'a')],
    path: IMAGE,
    fields: { image: base64('a') },
  },
]

for (const { model, request, inputs = [], path, fields } of BODIES) {
  test(`kling start: ${model} with ${JSON.stringify({ request, files: inputs.length })}`, async (context) => {
    const { provider, upstream } = await openSubject(context, subject, answer(json(200, fixtures.created)))
    const given = { request: { ...plainRequest(model), ...request }, inputs }
    const outcome = await provider.start(startRequest(model, given))
    assert.deepEqual(outcome, { kind: 'accepted', operation: { providerTaskId: ID, endpoint: path } })
    const [seen] = upstream.seen
    assert.equal(seen?.path, path)
    assert.equal(seen?.headers.authorization, 'Bearer key_1')
    assert.deepEqual(JSON.parse(seen?.body ?? ''), {
      model_name: model,
      prompt: 'a red ball rolls over a table',
      external_task_id: 'token_1',
      ...fields,
    })
  })
}

test('kling start: what it cannot take is refused before anything is sent', async (context) => {
  const { provider, upstream } = await openSubject(context, subject, answer(json(200, fixtures.created)))
  for (const inputs of [
    [inputFile('video', 'v')],
    [inputFile('first_frame', 'a'), inputFile('reference', 'b')],
    [inputFile('first_frame', 'a'), inputFile('first_frame', 'b')],
    [inputFile('reference', 'a'), inputFile('reference', 'b'), inputFile('reference', 'c')],
  ]) {
    const outcome = await provider.start(startRequest('kling-v2-6', { inputs }))
    assert.equal(outcome.kind === 'rejected' ? outcome.code : outcome.kind, 'invalid_input')
  }
  const request = { ...plainRequest('kling-v2-6'), seed: 7 }
  assert.deepEqual(await provider.start(startRequest('kling-v2-6', { request })), {
    kind: 'rejected',
    code: 'invalid_input',
    detail: 'Kling has no seed: leave it out.',
  })
  assert.equal(upstream.seen.length, 0)
})

test('kling: a pair of keys signs a fresh token for every request', async (context) => {
  const pair: ProviderSubject = {
    ...subject,
    open: ({ baseUrl, guarded, clock }) =>
      createKling({ baseUrl, accessKey: 'access', secretKey: 'secret', guarded, clock }),
  }
  const { provider, upstream, clock } = await openSubject(context, pair, answer(json(200, fixtures.created)))
  await provider.start(startRequest('kling-v2-6'))
  clock.advance(3_600_000)
  await provider.probe(subject.accepted.operation, signal)
  const claims = upstream.seen.map(({ headers }) => {
    const [head = '', body = '', signature] = (headers.authorization ?? '').replace('Bearer ', '').split('.')
    assert.equal(signature, createHmac('sha256', 'secret').update(`${head}.${body}`).digest('base64url'))
    assert.equal(Buffer.from(head, 'base64url').toString(), '{"alg":"HS256","typ":"JWT"}')
    return JSON.parse(Buffer.from(body, 'base64url').toString())
  })
  const nowS = NOW_MS / 1_000
  assert.deepEqual(claims, [
    { iss: 'access', exp: nowS + 1_800, nbf: nowS - 5 },
    { iss: 'access', exp: nowS + 5_400, nbf: nowS + 3_595 },
  ])
})

test('kling: half a pair of keys is named', async (context) => {
  const half: ProviderSubject = {
    ...subject,
    open: (given) => {
      assert.throws(() => createKling({ ...given, accessKey: 'access' }), /KLING_SECRET_KEY/)
      return subject.open(given)
    },
  }
  await openSubject(context, half, answer(json(200, {})))
})

const byPath =
  (replies: Readonly<Record<string, Reply>>): Behaviour =>
  (request, response) =>
    answer(replies[request.path] ?? json(404, fixtures.not_found))(request, response)

test('kling find: by the id of ours, under each path', async (context) => {
  const made = await openSubject(
    context,
    subject,
    byPath({ [`${IMAGE}/token_1`]: json(200, fixtures.found) }),
  )
  const operation = { providerTaskId: ID, endpoint: IMAGE }
  assert.deepEqual(await made.provider.find?.('token_1', signal), operation)
  assert.equal(await made.provider.find?.('token_2', signal), 'unsure')
  assert.equal(made.upstream.posts(), 0)
})

test('kling find: a job of another token, and an answer that is none', async (context) => {
  const other = await openSubject(context, subject, answer(json(200, fixtures.found)))
  await assert.rejects(async () => other.provider.find?.('token_2', signal), { name: 'ProbeUnavailable' })
  const denied = await openSubject(context, subject, answer(json(401, fixtures.token_expired)))
  await assert.rejects(async () => denied.provider.find?.('token_1', signal), { pauseAccountMs: 60_000 })
})

test('kling check: says whether the key is good', async (context) => {
  const good = await openSubject(
    context,
    subject,
    answer(json(200, { code: 0, message: 'SUCCEED', data: [] })),
  )
  assert.deepEqual(await good.provider.check?.(signal), { ok: true, detail: 'credentials accepted' })
  const bad = await openSubject(context, subject, answer(json(401, fixtures.token_expired)))
  const detail = 'Authorization has expired (1004) (HTTP 401)'
  assert.deepEqual(await bad.provider.check?.(signal), { ok: false, detail })
})

test('kling start: a resolution and a mode that chooses one are refused together', async (context) => {
  const { provider, upstream } = await openSubject(context, subject, answer(json(200, fixtures.created)))
  const request = { ...plainRequest('kling-v3'), resolution: '720p', providerOptions: { mode: 'pro' } }
  const outcome = await provider.start(startRequest('kling-v3', { request }))
  assert.match(
    outcome.kind === 'rejected' ? outcome.detail : '',
    /resolution or provider_options.mode, not both/,
  )
  assert.equal(upstream.posts(), 0)
})
