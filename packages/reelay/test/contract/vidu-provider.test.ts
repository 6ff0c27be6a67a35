import assert from 'node:assert/strict'
import { test } from 'node:test'
import fixtures from '../../src/providers/vidu/fixtures/answers.json' with { type: 'json' }
import { createVidu } from '../../src/providers/vidu/index.ts'
import { SubmitUnknown } from '../../src/providers/provider.ts'
import type { StartOutcome, Verdict } from '../../src/task/verdict.ts'
import { answer, html, json, type Reply } from './fault-server.ts'
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
const OPERATION = { providerTaskId: ID, payload: 'token_1' }
const NOW_MS = 1_790_000_000_000
const signal = new AbortController().signal

const job = (fields: object): Reply => json(200, { ...fixtures.processing, ...fields })
const refused = (
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
  code: 'provider_failed' | 'moderation_blocked' | 'provider_cancelled',
  detail: string,
): Verdict => ({ kind: 'failed', code, detail })

const subject: ProviderSubject = {
  open: ({ baseUrl, guarded, clock }) => createVidu({ baseUrl, apiKey: 'key_1', guarded, clock }),
  model: 'viduq3-pro',
  accepted: { reply: json(200, fixtures.created), operation: OPERATION },
  refusals: {
    'throttling in its own words': {
      reply: json(429, fixtures.too_fast),
      expected: laterOn('too many requests (SystemThrottling)'),
    },
    'too many jobs at a time, which is not about money': {
      reply: json(429, { code: 429, reason: 'QuotaExceeded', message: 'quota exceeded', metadata: {} }),
      expected: laterOn('quota exceeded (QuotaExceeded)'),
    },
    'another operation is in process': {
      reply: json(400, fixtures.in_process),
      expected: laterOn('operation in process (OperationInProcess)'),
    },
    '400 for want of credit': {
      reply: json(400, fixtures.no_credit),
      expected: refused('account', 'credit is insufficient (CreditInsufficient)'),
    },
    'a bad key': {
      reply: json(401, fixtures.bad_key),
      expected: refused('account', 'invalid api key (Unauthorized)'),
    },
    'a bad field': {
      reply: json(400, fixtures.bad_field),
      expected: refused('invalid_input', 'duration is invalid (FieldInvalid)'),
    },
    'moderation of the prompt': {
      reply: json(400, fixtures.bad_prompt),
      expected: refused('moderation_blocked', 'the prompt was refused (TaskPromptPolicyViolation)'),
    },
    'no such model': {
      reply: json(400, fixtures.no_model),
      expected: refused('rejected_by_provider', 'no such model (ModelUnavailable)'),
    },
    'an id of 18 digits as a JSON number keeps its digits': {
      reply: {
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: `{"task_id":${ID},"state":"created"}`,
      },
      expected: { kind: 'accepted', operation: OPERATION },
    },
  },
  verdicts: {
    created: { reply: json(200, fixtures.created), expected: { kind: 'waiting' } },
    queueing: { reply: json(200, fixtures.queueing), expected: { kind: 'waiting' } },
    processing: { reply: json(200, fixtures.processing), expected: { kind: 'running' } },
    'an answer without a payload': { reply: job({ payload: '' }), expected: { kind: 'running' } },
    'F25: success': {
      reply: json(200, fixtures.done),
      expected: {
        kind: 'done',
        outputs: [
          { role: 'video', ref: 'https://s3.example/v.mp4' },
          { role: 'thumbnail', ref: 'https://s3.example/c.jpg' },
        ],
      },
    },
    'success without a cover': {
      reply: job({ state: 'success', creations: [{ id: 'c-1', url: 'https://s3.example/v.mp4' }] }),
      expected: { kind: 'done', outputs: [{ role: 'video', ref: 'https://s3.example/v.mp4' }] },
    },
    'success without a video': {
      reply: json(200, fixtures.done_without_video),
      expected: failed('provider_failed', 'The provider says that the job succeeded, and names no video.'),
    },
    'failed by moderation': {
      reply: json(200, fixtures.failed),
      expected: failed('moderation_blocked', 'CreationPolicyViolation'),
    },
    'failed by the audit': {
      reply: job({ state: 'failed', err_code: 'AuditSubmitIllegal' }),
      expected: failed('moderation_blocked', 'AuditSubmitIllegal'),
    },
    'cancelled there': {
      reply: job({ state: 'failed', err_code: 'UserCancelled' }),
      expected: failed('provider_cancelled', 'UserCancelled'),
    },
    'failed inside': {
      reply: job({ state: 'failed', err_code: 'InternalServiceFailure' }),
      expected: failed('provider_failed', 'InternalServiceFailure'),
    },
    'failed without a reason': {
      reply: job({ state: 'failed' }),
      expected: failed('provider_failed', 'The provider gave no reason.'),
    },
    'an unknown state': {
      reply: job({ state: 'reviewing' }),
      expected: { kind: 'unrecognised', status: 'reviewing' },
    },
    'no such task': { reply: json(404, fixtures.not_found), expected: { kind: 'gone' } },
  },
  otherJob: job({ payload: 'token_2' }),
  outputs: (baseUrl) => ({ link: { role: 'video', ref: `${baseUrl}/files/v.mp4` } }),
  callbacks: {
    registered: callbackField,
    readings: {
      'success, with an id': { body: fixtures.callback, expected: unsigned('ended', OPERATION) },
      'an id of the other name': {
        body: { ...fixtures.processing, task_id: ID },
        expected: unsigned('moved', OPERATION),
      },
      'F25: success, without an id': { body: fixtures.done, expected: unsigned('ended') },
      'an id without a payload': { body: { id: ID, state: 'failed' }, expected: unsigned('ended') },
    },
  },
}

providerContract('vidu', subject)

const NO_VERDICTS: Readonly<Record<string, Reply>> = {
  'a job of another id': job({ id: 'other', payload: '' }),
  'the state of a job with status 500': { ...job({}), status: 500 },
  'a refusal of something else': json(400, fixtures.bad_field),
  'a failure in its own words': json(500, fixtures.internal),
  'no such task with status 500': json(500, fixtures.not_found),
}

noVerdictCases('vidu', subject, NO_VERDICTS)

test('vidu start: a failure in its own words is unknown', async (context) => {
  const { provider } = await openSubject(context, subject, answer(json(500, fixtures.internal)))
  await assert.rejects(provider.start(startRequest('viduq3-pro')), SubmitUnknown)
})

test('vidu probe: asks for the id, whatever is in it', async (context) => {
  const { provider, upstream } = await openSubject(context, subject, answer(json(404, fixtures.not_found)))
  await provider.probe({ providerTaskId: 'a/b:c', payload: 'token_1' }, signal)
  assert.equal(upstream.seen[0]?.path, '/ent/v2/tasks/a%2Fb%3Ac/creations')
})

type Case = { model: string; request?: object; inputs?: ReturnType<typeof inputFile>[] }
const uri = (text: string): string => `data:image/png;base64,${Buffer.from(text).toString('base64')}`

const BODIES: readonly (Case & { kind: string; fields: object })[] = [
  { model: 'viduq3-pro', kind: 'text2video', fields: {} },
  {
    model: 'viduq3-turbo',
    request: { seconds: '16', size: '1280x720', generateAudio: false, seed: 7 },
    kind: 'text2video',
    fields: { duration: 16, resolution: '720p', aspect_ratio: '16:9', audio: false, seed: 7 },
  },
  {
    model: 'viduq3-pro',
    request: { resolution: '1080p', aspectRatio: '9:16' },
    inputs: [inputFile('first_frame', 'first')],
    kind: 'img2video',
    fields: { images: [uri('first')], resolution: '1080p' },
  },
  {
    model: 'viduq1',
    request: { providerOptions: { style: 'anime', bgm: true } },
    inputs: [inputFile('last_frame', 'last'), inputFile('first_frame', 'first')],
    kind: 'start-end2video',
    fields: { images: [uri('first'), uri('last')], style: 'anime', bgm: true },
  },
  {
    model: 'viduq2',
    request: { aspectRatio: '1:1', seconds: '8' },
    inputs: [inputFile('reference', 'a'), inputFile('reference', 'b')],
    kind: 'reference2video',
    fields: { images: [uri('a'), uri('b')], aspect_ratio: '1:1', duration: 8 },
  },
  {
    model: 'viduq2-turbo',
    inputs: [inputFile('reference', 'a')],
    kind: 'img2video',
    fields: { images: [uri('a')] },
  },
]

for (const { model, request, inputs = [], kind, fields } of BODIES) {
  test(`vidu start: ${model} with ${JSON.stringify({ request, files: inputs.length })}`, async (context) => {
    const { provider, upstream } = await openSubject(context, subject, answer(json(200, fixtures.created)))
    await provider.start(startRequest(model, { request: { ...plainRequest(model), ...request }, inputs }))
    const [seen] = upstream.seen
    assert.equal(seen?.path, `/ent/v2/${kind}`)
    assert.equal(seen?.headers.authorization, 'Token key_1')
    assert.deepEqual(JSON.parse(seen?.body ?? ''), {
      model,
      prompt: 'a red ball rolls over a table',
      payload: 'token_1',
      ...fields,
    })
  })
}

test('vidu start: what it cannot take is refused before anything is sent', async (context) => {
  const { provider, upstream } = await openSubject(context, subject, answer(json(200, fixtures.created)))
  for (const inputs of [[inputFile('last_frame', 'a')], [inputFile('video', 'v')]]) {
    const outcome = await provider.start(startRequest('viduq3-pro', { inputs }))
    assert.equal(outcome.kind === 'rejected' ? outcome.code : outcome.kind, 'invalid_input')
  }
  const request = { ...plainRequest('viduq3-pro'), negativePrompt: 'rain' }
  assert.deepEqual(await provider.start(startRequest('viduq3-pro', { request })), {
    kind: 'rejected',
    code: 'invalid_input',
    detail: 'Vidu has no negative_prompt: leave it out.',
  })
  assert.equal(upstream.seen.length, 0)
})

test('vidu cancel: done, or too late', async (context) => {
  const early = await openSubject(context, subject, answer(json(200, {})))
  assert.equal(await early.provider.cancel?.(OPERATION, signal), 'cancelled')
  const [seen] = early.upstream.seen
  assert.deepEqual([seen?.method, seen?.path], ['POST', `/ent/v2/tasks/${ID}/cancel`])
  assert.deepEqual(JSON.parse(seen?.body ?? ''), { id: ID })
  const late = await openSubject(context, subject, answer(json(400, fixtures.too_late)))
  assert.equal(await late.provider.cancel?.(OPERATION, signal), 'refused')
})

const NO_WORD_ON_CANCEL: readonly Reply[] = [
  html(200),
  html(502),
  json(401, fixtures.bad_key),
  json(429, fixtures.too_fast),
  json(200, fixtures.internal),
]

for (const reply of NO_WORD_ON_CANCEL) {
  test(`vidu cancel: HTTP ${reply.status} with ${String(reply.body)} tells nothing`, async (context) => {
    const { provider } = await openSubject(context, subject, answer(reply))
    await assert.rejects(async () => provider.cancel?.(OPERATION, signal), { name: 'ProbeUnavailable' })
  })
}

test('vidu check: says whether the key is good', async (context) => {
  const good = await openSubject(context, subject, answer(json(200, { next_page_token: '', tasks: [] })))
  assert.deepEqual(await good.provider.check?.(signal), { ok: true, detail: 'credentials accepted' })
  assert.equal(good.upstream.seen[0]?.path, '/ent/v2/tasks')
  const bad = await openSubject(context, subject, answer(json(401, fixtures.bad_key)))
  const detail = 'invalid api key (Unauthorized) (HTTP 401)'
  assert.deepEqual(await bad.provider.check?.(signal), { ok: false, detail })
})

test('vidu probe: of a job that was made elsewhere any payload is its own, another id is not', async (context) => {
  const adopted = { providerTaskId: ID }
  const own = await openSubject(context, subject, answer(job({ payload: 'of somebody' })))
  assert.deepEqual(await own.provider.probe(adopted, signal), { kind: 'running' })
  const other = await openSubject(context, subject, answer(job({ id: 'other' })))
  await assert.rejects(other.provider.probe(adopted, signal), { name: 'ProbeUnavailable' })
})
