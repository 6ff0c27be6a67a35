import assert from 'node:assert/strict'
import { test } from 'node:test'
import fixtures from '../../src/providers/ark/fixtures/answers.json' with { type: 'json' }
import { createArk } from '../../src/providers/ark/index.ts'
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

const ID = 'cgt-20260101000000-abcde'
const OPERATION = { providerTaskId: ID }
const TASKS = '/api/v3/contents/generations/tasks'
const MODEL = 'doubao-seedance-1-0-pro-250528'
const NOW_MS = 1_790_000_000_000
const FINISHED_MS = 1_767_225_690_000
const REASONLESS = 'The provider gave no reason.'
const signal = new AbortController().signal

const job = (fields: object): Reply => json(200, { ...fixtures.running, ...fields })
const rejected = (
  code: 'account' | 'invalid_input' | 'moderation_blocked' | 'rejected_by_provider',
  detail: string,
): StartOutcome => ({ kind: 'rejected', code, detail })
const failed = (
  code:
    | 'provider_failed'
    | 'moderation_blocked'
    | 'provider_cancelled'
    | 'provider_expired'
    | 'invalid_input',
  detail: string,
): Verdict => ({ kind: 'failed', code, detail, finishedAtMs: FINISHED_MS })
const done = (...outputs: Extract<Verdict, { kind: 'done' }>['outputs']): Verdict => ({
  kind: 'done',
  outputs,
  expiresAtMs: FINISHED_MS + 86_400_000,
  finishedAtMs: FINISHED_MS,
})

const subject: ProviderSubject = {
  open: ({ baseUrl, guarded, clock }) =>
    createArk({ baseUrl: `${baseUrl}/api/v3/`, apiKey: 'key_1', guarded, clock }),
  model: MODEL,
  accepted: { reply: json(200, fixtures.created), operation: OPERATION },
  refusals: {
    'a bad parameter': {
      reply: json(400, fixtures.bad_parameter),
      expected: rejected('invalid_input', 'The duration is not valid. (InvalidParameter)'),
    },
    'moderation of the prompt': {
      reply: json(400, fixtures.sensitive_input),
      expected: rejected(
        'moderation_blocked',
        'The input text may be unfit. (InputTextSensitiveContentDetected)',
      ),
    },
    'a risky prompt': {
      reply: json(400, fixtures.risky_input),
      expected: rejected('moderation_blocked', 'The input text was refused. (InputTextRiskDetection)'),
    },
    'no such model': {
      reply: json(404, fixtures.no_model),
      expected: rejected(
        'rejected_by_provider',
        'The model does not exist. (InvalidEndpointOrModel.NotFound)',
      ),
    },
    'a model that is not open is no fault of the account': {
      reply: json(403, fixtures.not_open),
      expected: rejected(
        'rejected_by_provider',
        'The model service is not open. (OperationDenied.ServiceNotOpen)',
      ),
    },
    'an overdue account': {
      reply: json(403, fixtures.overdue),
      expected: rejected('account', 'The account is overdue. (AccountOverdueError)'),
    },
    'a bad key': {
      reply: json(401, fixtures.bad_key),
      expected: rejected('account', 'The API key is wrong. (AuthenticationError)'),
    },
    '429 for want of quota': {
      reply: json(429, fixtures.quota),
      expected: rejected('account', 'The free quota is used up. (QuotaExceeded)'),
    },
    '429 for load': {
      reply: json(429, fixtures.overloaded),
      expected: {
        kind: 'not_sent',
        detail: 'The service is busy. (ServerOverloaded)',
        retryAtMs: NOW_MS + 5_000,
        pauseAccountMs: 5_000,
      },
    },
  },
  verdicts: {
    queued: { reply: json(200, fixtures.queued), expected: { kind: 'waiting' } },
    running: { reply: json(200, fixtures.running), expected: { kind: 'running' } },
    'F08: succeeded, with a link for 24 hours': {
      reply: json(200, fixtures.done),
      expected: done({ role: 'video', ref: 'https://tos.example/v.mp4?X-Tos-Expires=86400' }),
    },
    'succeeded with its last frame, times as text': {
      reply: json(200, fixtures.done_with_last_frame),
      expected: done(
        { role: 'video', ref: 'https://tos.example/v.mp4' },
        { role: 'last_frame', ref: 'https://tos.example/last.png' },
      ),
    },
    'succeeded with a file': {
      reply: json(200, fixtures.done_with_file),
      expected: done({ role: 'video', ref: 'https://tos.example/f.mp4' }),
    },
    'succeeded with empty content': {
      reply: json(200, fixtures.done_empty),
      expected: failed('provider_failed', 'The provider says that the job succeeded, and names no video.'),
    },
    'F09: failed by moderation': {
      reply: json(200, fixtures.failed),
      expected: failed(
        'moderation_blocked',
        'The output may contain sensitive information. (OutputVideoSensitiveContentDetected)',
      ),
    },
    'failed, with failure_reason in place of error': {
      reply: json(200, fixtures.failed_with_reason),
      expected: failed('provider_failed', 'The service is unavailable. (InternalServiceError)'),
    },
    'failed, with failure_reason as a text': {
      reply: job({ status: 'failed', error: null, failure_reason: 'boom', updated_at: 1_767_225_690 }),
      expected: failed('provider_failed', 'boom'),
    },
    'failed by its input, without times': {
      reply: job({
        status: 'failed',
        error: { code: 'InvalidParameter', message: 'ratio' },
        updated_at: null,
      }),
      expected: { kind: 'failed', code: 'invalid_input', detail: 'ratio (InvalidParameter)' },
    },
    cancelled: {
      reply: json(200, fixtures.cancelled),
      expected: failed('provider_cancelled', REASONLESS),
    },
    canceled: {
      reply: json(200, { ...fixtures.cancelled, status: 'canceled' }),
      expected: failed('provider_cancelled', REASONLESS),
    },
    'expired is an end': {
      reply: json(200, fixtures.expired),
      expected: failed('provider_expired', REASONLESS),
    },
    'an unknown status': {
      reply: job({ status: 'reviewing' }),
      expected: { kind: 'unrecognised', status: 'reviewing' },
    },
    'no such task': { reply: json(404, fixtures.not_found), expected: { kind: 'gone' } },
    'the job itself with an error status': {
      reply: json(500, fixtures.running),
      expected: { kind: 'running' },
    },
  },
  otherJob: job({ id: 'cgt-20260101000000-other' }),
  outputs: (baseUrl) => ({ link: { role: 'video', ref: `${baseUrl}/files/v.mp4` } }),
  callbacks: {
    registered: callbackField,
    readings: {
      queued: { body: fixtures.queued, expected: unsigned('moved', OPERATION) },
      running: { body: fixtures.running, expected: unsigned('moved', OPERATION) },
      'F08: succeeded': { body: fixtures.done, expected: unsigned('ended', OPERATION) },
      'F09: failed': { body: fixtures.failed, expected: unsigned('ended', OPERATION) },
      cancelled: { body: fixtures.cancelled, expected: unsigned('ended', OPERATION) },
      expired: { body: fixtures.expired, expected: unsigned('ended', OPERATION) },
    },
  },
}

providerContract('ark', subject)

const NO_VERDICTS: Readonly<Record<string, Reply>> = {
  'the answer of a create': json(200, fixtures.created),
  'a server error in its own words': json(500, fixtures.internal),
  'no such model': json(404, fixtures.no_model),
  'no such task with status 500': json(500, fixtures.not_found),
}

noVerdictCases('ark', subject, NO_VERDICTS)

test('ark start: a server error in its own words is unknown', async (context) => {
  const { provider } = await openSubject(context, subject, answer(json(500, fixtures.internal)))
  await assert.rejects(provider.start(startRequest(MODEL)), SubmitUnknown)
})

test('ark start: an id with an error status is unknown', async (context) => {
  const { provider } = await openSubject(context, subject, answer(json(500, fixtures.created)))
  await assert.rejects(provider.start(startRequest(MODEL)), SubmitUnknown)
})

test('ark probe: asks for the id whatever is in it', async (context) => {
  const { provider, upstream } = await openSubject(context, subject, answer(json(404, fixtures.not_found)))
  await provider.probe({ providerTaskId: 'a/b' }, signal)
  assert.equal(upstream.seen[0]?.path, `${TASKS}/a%2Fb`)
  assert.equal(upstream.seen[0]?.headers.authorization, 'Bearer key_1')
})

type Case = { model: string; request?: object; inputs?: ReturnType<typeof inputFile>[]; fields: object }

const text = { type: 'text', text: 'a red ball rolls over a table' }
const picture = (content: string, role: string): object => ({
  type: 'image_url',
  image_url: { url: `data:image/png;base64,${Buffer.from(content).toString('base64')}` },
  role,
})

const BODIES: readonly Case[] = [
  { model: MODEL, fields: { content: [text] } },
  {
    model: MODEL,
    request: { seconds: '5', size: '1920x1080', seed: 0, generateAudio: false },
    fields: { content: [text], duration: 5, resolution: '1080p', ratio: '16:9', seed: 0 },
  },
  {
    model: 'doubao-seedance-2-0-260128',
    request: { aspectRatio: 'adaptive', resolution: '720p', generateAudio: false },
    inputs: [inputFile('reference', 'a'), inputFile('reference', 'b')],
    fields: {
      content: [text, picture('a', 'reference_image'), picture('b', 'reference_image')],
      resolution: '720p',
      ratio: 'adaptive',
      generate_audio: false,
    },
  },
  {
    model: 'doubao-seedance-1-5-pro-251215',
    request: { prompt: '', providerOptions: { camera_fixed: true, model: 'other', return_last_frame: true } },
    inputs: [inputFile('last_frame', 'last'), inputFile('first_frame', 'first')],
    fields: {
      content: [picture('first', 'first_frame'), picture('last', 'last_frame')],
      camera_fixed: true,
      return_last_frame: true,
    },
  },
  {
    model: 'ep-20260101-xyz',
    request: { size: '720x1280', seconds: '12' },
    inputs: [inputFile('reference', 'a')],
    fields: { content: [text, picture('a', 'first_frame')], duration: 12, resolution: '720p', ratio: '9:16' },
  },
]

for (const { model, request, inputs = [], fields } of BODIES) {
  test(`ark start: ${model} with ${JSON.stringify({ request, files: inputs.length })}`, async (context) => {
    const { provider, upstream } = await openSubject(context, subject, answer(json(200, fixtures.created)))
    await provider.start(startRequest(model, { request: { ...plainRequest(model), ...request }, inputs }))
    const [seen] = upstream.seen
    assert.equal(seen?.path, TASKS)
    assert.equal(seen?.headers.authorization, 'Bearer key_1')
    assert.deepEqual(JSON.parse(seen?.body ?? ''), { model, ...fields })
  })
}

test('ark start: what it cannot take is refused before anything is sent', async (context) => {
  const { provider, upstream } = await openSubject(context, subject, answer(json(200, fixtures.created)))
  const odd = startRequest('ep-1', { request: { ...plainRequest('ep-1'), size: '1000x999' } })
  const negative = startRequest(MODEL, { request: { ...plainRequest(MODEL), negativePrompt: 'rain' } })
  for (const start of [startRequest(MODEL, { inputs: [inputFile('video', 'v')] }), odd, negative]) {
    const outcome = await provider.start(start)
    assert.equal(outcome.kind === 'rejected' ? outcome.code : outcome.kind, 'invalid_input')
  }
  assert.equal(upstream.seen.length, 0)
})

const cancelling =
  (looked: Reply, deleted: Reply): Behaviour =>
  (request, response) =>
    answer(request.method === 'DELETE' ? deleted : looked)(request, response)

const CANCELS: Readonly<
  Record<string, { looked: object; deleted: Reply; expected: string; seen: string[] }>
> = {
  'a queued job': {
    looked: fixtures.queued,
    deleted: json(200, {}),
    expected: 'cancelled',
    seen: ['GET', 'DELETE'],
  },
  'a job that began meanwhile': {
    looked: fixtures.queued,
    deleted: json(409, fixtures.running_deletion),
    expected: 'refused',
    seen: ['GET', 'DELETE'],
  },
  'a running job': {
    looked: fixtures.running,
    deleted: json(200, {}),
    expected: 'refused',
    seen: ['GET'],
  },
  'a finished job, whose record must stay': {
    looked: fixtures.done,
    deleted: json(200, {}),
    expected: 'refused',
    seen: ['GET'],
  },
}

for (const [title, { looked, deleted, expected, seen }] of Object.entries(CANCELS)) {
  test(`ark cancel: ${title}`, async (context) => {
    const opened = await openSubject(context, subject, cancelling(json(200, looked), deleted))
    assert.equal(await opened.provider.cancel?.({ providerTaskId: ID }, signal), expected)
    assert.deepEqual(
      opened.upstream.seen.map(({ method, path }) => [method, path]),
      seen.map((method) => [method, `${TASKS}/${ID}`]),
    )
  })
}

test('ark cancel: an answer that proves nothing is a fault', async (context) => {
  const faults = [json(500, fixtures.internal), { status: 200, body: '<html>' }, json(502, {})]
  for (const deleted of faults) {
    const { provider } = await openSubject(context, subject, cancelling(json(200, fixtures.queued), deleted))
    await assert.rejects(async () => provider.cancel?.({ providerTaskId: ID }, signal), {
      name: 'ProbeUnavailable',
    })
  }
})

test('ark: each region has its own names for the models', async (context) => {
  const names: string[][] = []
  const listed: ProviderSubject = {
    ...subject,
    open: (given) => {
      const abroad = createArk({ ...given, region: 'ap-southeast', apiKey: 'key_2' })
      names.push(abroad.models().map(({ id }) => id))
      return abroad
    },
  }
  const { provider } = await openSubject(context, listed, answer(json(200, fixtures.created)))
  assert.deepEqual(
    names[0],
    provider.models().map(({ id }) => id),
  )
  assert.ok(names[0]?.includes('seedance-1-0-pro-250528'))
  assert.ok(!names[0]?.includes(MODEL))
})

test('ark check: says whether the key is good', async (context) => {
  for (const list of [fixtures.list, fixtures.empty_list]) {
    const { provider, upstream } = await openSubject(context, subject, answer(json(200, list)))
    assert.deepEqual(await provider.check?.(signal), { ok: true, detail: 'credentials accepted' })
    assert.equal(upstream.seen[0]?.path, `${TASKS}?page_num=1&page_size=1`)
  }
  const bad = await openSubject(context, subject, answer(json(401, fixtures.bad_key)))
  const detail = 'The API key is wrong. (AuthenticationError) (HTTP 401)'
  assert.deepEqual(await bad.provider.check?.(signal), { ok: false, detail })
})
