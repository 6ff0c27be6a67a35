import assert from 'node:assert/strict'
import { test } from 'node:test'
import fixtures from '../../src/providers/cometapi/fixtures/answers.json' with { type: 'json' }
import { createCometapi } from '../../src/providers/cometapi/index.ts'
import { SubmitUnknown } from '../../src/providers/provider.ts'
import type { Verdict } from '../../src/task/verdict.ts'
import { answer, html, json, type Reply } from './fault-server.ts'
import { providerContract } from './provider-contract.ts'
import {
  inputFile,
  openSubject,
  plainRequest,
  startRequest,
  type ProviderSubject,
} from './provider-subject.ts'

const ID = 'task_01HX'
const signal = new AbortController().signal
const { created } = fixtures
const done = (ref: string): Verdict => ({
  kind: 'done',
  outputs: [{ role: 'video', ref }],
  finishedAtMs: 1_767_225_660_000,
})
const job = (fields: object): Reply => json(200, { ...created, ...fields })
const failed = (
  code: 'provider_failed' | 'moderation_blocked' | 'provider_expired',
  detail: string,
): Verdict => ({
  kind: 'failed',
  code,
  detail,
})
const REASONLESS = 'The provider gave no reason.'

const subject: ProviderSubject = {
  open: ({ baseUrl, guarded, clock }) =>
    createCometapi({ baseUrl: `${baseUrl}/v1/`, apiKey: 'key_1', guarded, clock }),
  model: 'wan2.6',
  accepted: { reply: json(200, created), operation: { providerTaskId: ID } },
  refusals: {
    'U8: 500 with invalid_request is final': {
      reply: json(500, { error: { message: 'bad size', type: 'comet_api_error', code: 'invalid_request' } }),
      expected: { kind: 'rejected', code: 'invalid_input', detail: 'bad size (invalid_request)' },
    },
    'InvalidParameter with 400': {
      reply: json(400, { error: { message: 'duration', type: 'comet_api_error', code: 'InvalidParameter' } }),
      expected: { kind: 'rejected', code: 'invalid_input', detail: 'duration (InvalidParameter)' },
    },
    'a documented code with status 200': {
      reply: json(200, { error: { message: 'no such size', code: 'invalid_request' }, request_id: 'r' }),
      expected: { kind: 'rejected', code: 'invalid_input', detail: 'no such size (invalid_request)' },
    },
    'moderation by its text': {
      reply: json(400, { error: { message: 'Blocked by our content policy', code: '' } }),
      expected: {
        kind: 'rejected',
        code: 'moderation_blocked',
        detail: 'Blocked by our content policy',
      },
    },
    'moderation by its code': {
      reply: json(403, { code: 'InputTextSensitiveContentDetected', message: 'no' }),
      expected: {
        kind: 'rejected',
        code: 'moderation_blocked',
        detail: 'no (InputTextSensitiveContentDetected)',
      },
    },
    'no such model': {
      reply: json(404, { error: { message: 'no such model', code: 'model_not_found' } }),
      expected: { kind: 'rejected', code: 'rejected_by_provider', detail: 'no such model (model_not_found)' },
    },
    '429 for want of credit': {
      reply: json(429, { error: { message: 'pay', code: 'insufficient_quota' } }),
      expected: { kind: 'rejected', code: 'account', detail: 'pay (insufficient_quota)' },
    },
    'an id without a known status': {
      reply: json(202, { task_id: ID, status: 'warming' }),
      expected: { kind: 'accepted', operation: { providerTaskId: ID } },
    },
    'an id in the wrapper': {
      reply: json(200, { code: 'success', message: '', data: { task_id: ID } }),
      expected: { kind: 'accepted', operation: { providerTaskId: ID } },
    },
  },
  verdicts: {
    'U1: SUBMITTED': {
      reply: json(200, fixtures.seedance_submitted),
      expected: { kind: 'waiting', progress: 0 },
    },
    'U1: IN_PROGRESS': {
      reply: json(200, fixtures.seedance_running),
      expected: { kind: 'running', progress: 30 },
    },
    'U1: SUCCESS with a link': {
      reply: json(200, fixtures.seedance_done),
      expected: done('https://cdn.example/out.mp4'),
    },
    'U2: task_not_exist with 400': { reply: json(400, fixtures.task_not_exist), expected: { kind: 'gone' } },
    'U2: task_not_exist with 404': { reply: json(404, fixtures.task_not_exist), expected: { kind: 'gone' } },
    'U2: task_not_exist as a code': {
      reply: json(400, fixtures.new_api_not_exist),
      expected: { kind: 'gone' },
    },
    'U3: completed without a link': {
      reply: json(200, fixtures.completed_without_link),
      expected: done('content'),
    },
    'U5: wrapper with the link in fail_reason': {
      reply: json(200, { ...fixtures.wrapper_done, data: { ...fixtures.wrapper_done.data, data: null } }),
      expected: done('https://cdn.example/wrapped.mp4'),
    },
    'U5: wrapper with a link inside': {
      reply: json(200, fixtures.wrapper_done),
      expected: done('https://cdn.example/inner.mp4'),
    },
    'U5: a link in fail_reason of a failure is no result': {
      reply: json(200, fixtures.wrapper_failed),
      expected: failed('provider_failed', 'https://cdn.example/not-a-result.mp4'),
    },
    'U6: progress in percent': {
      reply: json(200, fixtures.veo_milliseconds),
      expected: { kind: 'running', progress: 45 },
    },
    'U6: progress absent': {
      reply: job({ status: 'running', progress: null }),
      expected: { kind: 'running' },
    },
    'U6: progress of 100 before the end': {
      reply: job({ status: 'running', progress: 100 }),
      expected: { kind: 'running', progress: 99 },
    },
    'U10: times in milliseconds': {
      reply: job({ status: 'completed', completed_at: 1_767_225_660_000 }),
      expected: done('content'),
    },
    'U11: an unknown status': {
      reply: job({ status: 'warming' }),
      expected: { kind: 'unrecognised', status: 'warming' },
    },
    'U14: only a request_id': { reply: json(200, fixtures.request_id_only), expected: { kind: 'waiting' } },
    error: {
      reply: json(200, fixtures.error),
      expected: failed('provider_failed', 'generation broke'),
    },
    'ERROR with a text': {
      reply: job({ status: 'ERROR', error: 'boom' }),
      expected: failed('provider_failed', 'boom'),
    },
    'failed by moderation': {
      reply: job({ status: 'failed', error: { message: 'sensitive content' } }),
      expected: failed('moderation_blocked', 'sensitive content'),
    },
    nsfw: { reply: job({ status: 'NSFW' }), expected: failed('moderation_blocked', REASONLESS) },
    expired: { reply: job({ status: 'expired' }), expected: failed('provider_expired', REASONLESS) },
    'a job body with an error status': {
      reply: { ...job({ status: 'failed', error: { message: 'x' } }), status: 500 },
      expected: failed('provider_failed', 'x'),
    },
    'a link that is a path': {
      reply: job({ status: 'completed', completed_at: 1_767_225_660, video_url: 'not a link' }),
      expected: done('content'),
    },
  },
  otherJob: job({ id: 'task_other', task_id: 'task_other', status: 'failed' }),
  outputs: (baseUrl) => ({
    link: { role: 'video', ref: `${baseUrl}/files/out.mp4` },
    content: { role: 'video', ref: 'content' },
  }),
}

providerContract('cometapi', subject)

test('cometapi probe: U9: a redirect and a page are no verdict', async (context) => {
  const { provider } = await openSubject(context, subject, answer(html(301, { location: '/' })))
  await assert.rejects(provider.probe({ providerTaskId: ID }, signal), { name: 'ProbeUnavailable' })
})

test('cometapi probe: U8: 524 is no verdict', async (context) => {
  const { provider } = await openSubject(context, subject, answer(html(524)))
  await assert.rejects(provider.probe({ providerTaskId: ID }, signal), { name: 'ProbeUnavailable' })
})

test('cometapi start: an error without a documented code, status 200, is unknown', async (context) => {
  const body = { error: { message: 'upstream failed', type: 'comet_api_error', code: '' }, request_id: 'r_1' }
  const { provider } = await openSubject(context, subject, answer(json(200, body)))
  await assert.rejects(provider.start(startRequest('wan2.6')), SubmitUnknown)
})

const partsOf = (body: string): [string, string][] =>
  [...body.matchAll(/name="([^"]+)"[^\r]*\r\n(?:[^\r]+\r\n)*\r\n([^]*?)\r\n--/g)].map((match) => [
    match[1] ?? '',
    match[2] ?? '',
  ])

test('cometapi start: multipart with the key, fields and files in order', async (context) => {
  const { provider, upstream } = await openSubject(context, subject, answer(json(200, created)))
  const model = 'doubao-seedance-2-0'
  const request = { ...plainRequest(model), seconds: '5', resolution: '720p', aspectRatio: '21:9', seed: 7 }
  const inputs = [inputFile('reference', 'first'), inputFile('reference', 'second')]
  await provider.start(startRequest(model, { request, inputs }))
  const [seen] = upstream.seen
  assert.equal(seen?.path, '/v1/videos')
  assert.equal(seen?.headers.authorization, 'Bearer key_1')
  assert.match(seen?.headers['content-type'] ?? '', /^multipart\/form-data; boundary=/)
  assert.deepEqual(partsOf(seen?.body ?? ''), [
    ['model', model],
    ['prompt', 'a red ball rolls over a table'],
    ['seed', '7'],
    ['seconds', '5'],
    ['size', '1470x630'],
    ['input_reference', 'first'],
    ['input_reference', 'second'],
  ])
})

const SPELLINGS: readonly [model: string, request: object, fields: object][] = [
  ['wan2.6', { resolution: '720p', aspectRatio: '16:9' }, { size: '1280x720' }],
  ['wan2.6', { size: '1632x1248' }, { size: '1632x1248' }],
  ['doubao-seedance-2-0', { aspectRatio: '9:16' }, { size: '9:16' }],
  ['doubao-seedance-2-0', { size: '1280x720' }, { size: '1280x720' }],
  ['veo3', { aspectRatio: '16:9', seconds: '8' }, { size: '16x9' }],
  ['omni-fast', { aspectRatio: '1:1', resolution: '720p' }, { aspect_ratio: '1:1', resolution: '720p' }],
]

for (const [model, given, expected] of SPELLINGS) {
  test(`cometapi start: ${model} with ${JSON.stringify(given)}`, async (context) => {
    const { provider, upstream } = await openSubject(context, subject, answer(json(200, created)))
    await provider.start(startRequest(model, { request: { ...plainRequest(model), ...given } }))
    const {
      model: _model,
      prompt: _prompt,
      ...fields
    } = Object.fromEntries(partsOf(upstream.seen[0]?.body ?? ''))
    assert.deepEqual(fields, expected)
  })
}

test('cometapi check: counts the models, or says what is wrong with the key', async (context) => {
  const good = await openSubject(context, subject, answer(json(200, { data: [{ id: 'a' }, { id: 'b' }] })))
  assert.deepEqual(await good.provider.check?.(signal), { ok: true, detail: '2 models listed' })
  const bad = await openSubject(context, subject, answer(json(401, { error: { message: 'invalid token' } })))
  assert.deepEqual(await bad.provider.check?.(signal), { ok: false, detail: 'invalid token (HTTP 401)' })
})
