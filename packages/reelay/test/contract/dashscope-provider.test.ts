import assert from 'node:assert/strict'
import { test } from 'node:test'
import fixtures from '../../src/providers/dashscope/fixtures/answers.json' with { type: 'json' }
import { createDashscope } from '../../src/providers/dashscope/index.ts'
import { SubmitUnknown } from '../../src/providers/provider.ts'
import type { StartOutcome, Verdict } from '../../src/task/verdict.ts'
import { answer, json, type Reply } from './fault-server.ts'
import { noVerdictCases } from './provider-cases.ts'
import { providerContract } from './provider-contract.ts'
import {
  inputFile,
  openSubject,
  plainRequest,
  startRequest,
  unsigned,
  type ProviderSubject,
} from './provider-subject.ts'

const ID = 'task-abc-123'
const CREATE = '/api/v1/services/aigc/video-generation/video-synthesis'
const MODEL = 'wan2.6-t2v'
const NOW_MS = 1_790_000_000_000
const LINK = 'https://oss.example/video-001.mp4'
const signal = new AbortController().signal
const operation = { providerTaskId: ID, submittedAtMs: NOW_MS }

const EVENT = { id: 'event-1', source: 'acs.dashscope', type: 'dashscope:System:AsyncTaskFinish' }

const job = (fields: object): Reply =>
  json(200, { ...fixtures.running, output: { ...fixtures.running.output, ...fields } })
const rejected = (
  code: 'account' | 'invalid_input' | 'moderation_blocked' | 'rejected_by_provider',
  detail: string,
): StartOutcome => ({ kind: 'rejected', code, detail })
const failed = (
  code: 'provider_failed' | 'moderation_blocked' | 'provider_cancelled' | 'invalid_input',
  detail: string,
): Verdict => ({ kind: 'failed', code, detail })
const throttled: StartOutcome = {
  kind: 'not_sent',
  detail: 'Too many requests. (Throttling.RateQuota)',
  retryAtMs: NOW_MS + 5_000,
  pauseAccountMs: 5_000,
}

const subject: ProviderSubject = {
  open: ({ baseUrl, guarded, clock }) =>
    createDashscope({ baseUrl: `${baseUrl}/api/v1/`, apiKey: 'key_1', guarded, clock }),
  model: MODEL,
  accepted: { reply: json(200, fixtures.created), operation },
  refusals: {
    'a bad parameter': {
      reply: json(400, fixtures.bad_parameter),
      expected: rejected('invalid_input', 'The size is not valid. (InvalidParameter)'),
    },
    'moderation of the prompt': {
      reply: json(400, fixtures.inspected),
      expected: rejected('moderation_blocked', 'The input may be unfit. (DataInspectionFailed)'),
    },
    'a file that cannot be inspected is a bad file': {
      reply: json(400, fixtures.bad_file),
      expected: rejected(
        'invalid_input',
        'The media format is not supported. (InvalidParameter.DataInspection)',
      ),
    },
    '400 for want of money': {
      reply: json(400, fixtures.arrears),
      expected: rejected('account', 'The account is not in good standing. (Arrearage)'),
    },
    'a key of another region': {
      reply: json(401, fixtures.bad_key),
      expected: rejected('account', 'The API key is wrong. (InvalidApiKey)'),
    },
    'a model that the workspace may not use is no fault of the account': {
      reply: json(403, fixtures.not_entitled),
      expected: rejected('rejected_by_provider', 'The workspace may not use the model. (Model.AccessDenied)'),
    },
    'no such model': {
      reply: json(404, fixtures.no_model),
      expected: rejected('rejected_by_provider', 'The model does not exist. (ModelNotFound)'),
    },
    '429 for speed': { reply: json(429, fixtures.throttled), expected: throttled },
    'throttled with another status': { reply: json(400, fixtures.throttled), expected: throttled },
  },
  verdicts: {
    'F04: pending': { reply: json(200, fixtures.created), expected: { kind: 'waiting' } },
    running: { reply: json(200, fixtures.running), expected: { kind: 'running' } },
    suspended: { reply: job({ task_status: 'SUSPENDED' }), expected: { kind: 'running' } },
    'F05: succeeded a minute after it was accepted, whatever the zone': {
      reply: json(200, fixtures.done),
      expected: {
        kind: 'done',
        outputs: [{ role: 'video', ref: LINK }],
        expiresAtMs: NOW_MS + 60_000 + 86_400_000,
        finishedAtMs: NOW_MS + 60_000,
      },
    },
    'succeeded without times, with numbers as text': {
      reply: json(200, fixtures.done_with_text_numbers),
      expected: { kind: 'done', outputs: [{ role: 'video', ref: LINK }] },
    },
    'succeeded with times that cannot be': {
      reply: job({ task_status: 'SUCCEEDED', video_url: LINK, end_time: '2025-12-31 00:00:00.000' }),
      expected: { kind: 'done', outputs: [{ role: 'video', ref: LINK }] },
    },
    'succeeded with times that are too far apart': {
      reply: job({ task_status: 'SUCCEEDED', video_url: LINK, end_time: '2026-01-05 00:00:00.000' }),
      expected: { kind: 'done', outputs: [{ role: 'video', ref: LINK }] },
    },
    'succeeded with a time of another form': {
      reply: job({ task_status: 'SUCCEEDED', video_url: LINK, end_time: '2026-13-01 00:00:00' }),
      expected: { kind: 'done', outputs: [{ role: 'video', ref: LINK }] },
    },
    'succeeded without a link': {
      reply: json(200, fixtures.done_without_link),
      expected: {
        kind: 'failed',
        code: 'provider_failed',
        detail: 'The provider says that the job succeeded, and names no video.',
        finishedAtMs: NOW_MS + 60_000,
      },
    },
    'F06: failed by moderation, with status 200': {
      reply: json(200, fixtures.failed),
      expected: failed(
        'moderation_blocked',
        'Output data may contain inappropriate content. (DataInspectionFailed)',
      ),
    },
    'failed at the provider': {
      reply: json(200, fixtures.failed_internally),
      expected: {
        kind: 'failed',
        code: 'provider_failed',
        detail: 'The inference failed. (InternalError.Algo)',
        finishedAtMs: NOW_MS + 30_000,
      },
    },
    'failed by a file': {
      reply: json(200, fixtures.failed_by_file),
      expected: failed(
        'invalid_input',
        'The media format is not supported. (InvalidParameter.DataInspection)',
      ),
    },
    'failed without a reason': {
      reply: job({ task_status: 'FAILED' }),
      expected: failed('provider_failed', 'The provider gave no reason.'),
    },
    canceled: {
      reply: json(200, fixtures.canceled),
      expected: failed('provider_cancelled', 'The job was cancelled at the provider.'),
    },
    'unknown: no such job, or older than a day': {
      reply: json(200, fixtures.unknown),
      expected: { kind: 'gone' },
    },
    'an unrecognised status': {
      reply: job({ task_status: 'REVIEWING' }),
      expected: { kind: 'unrecognised', status: 'REVIEWING' },
    },
    'the job itself with an error status': {
      reply: json(500, fixtures.running),
      expected: { kind: 'running' },
    },
  },
  otherJob: job({ task_id: 'task-other' }),
  outputs: (baseUrl) => ({ link: { role: 'video', ref: `${baseUrl}/files/v.mp4` } }),
  callbacks: {
    readings: {
      'an event of EventBridge': {
        body: { ...EVENT, data: { task_id: ID, task_status: 'SUCCEEDED' } },
        expected: { ...unsigned('ended'), job: { id: ID } },
      },
      'the data of an event alone': {
        body: { task_id: ID, task_status: 'FAILED' },
        expected: { ...unsigned('ended'), job: { id: ID } },
      },
      'an event of something else': {
        body: { ...EVENT, data: { resourceId: 'x' } },
        expected: unsigned('moved'),
      },
    },
  },
}

providerContract('dashscope', subject)

const NO_VERDICTS: Readonly<Record<string, Reply>> = {
  'unknown of another id': json(200, fixtures.nobodys),
  'a server error in its own words': json(500, fixtures.internal),
  'a refusal in its own words': json(400, fixtures.bad_parameter),
  'a job without a status': job({ task_status: null }),
}

noVerdictCases('dashscope', subject, NO_VERDICTS)

test('dashscope probe: an operation without its time of acceptance gives no times', async (context) => {
  const { provider, upstream } = await openSubject(context, subject, answer(json(200, fixtures.done)))
  const verdict = await provider.probe({ providerTaskId: ID }, signal)
  assert.deepEqual(verdict, { kind: 'done', outputs: [{ role: 'video', ref: LINK }] })
  await assert.rejects(provider.probe({ providerTaskId: 'a/b' }, signal))
  assert.deepEqual(
    upstream.seen.map(({ path }) => path),
    [`/api/v1/tasks/${ID}`, '/api/v1/tasks/a%2Fb'],
  )
})

test('dashscope start: what proves nothing is unknown', async (context) => {
  for (const reply of [json(500, fixtures.internal), json(500, fixtures.created)]) {
    const { provider } = await openSubject(context, subject, answer(reply))
    await assert.rejects(provider.start(startRequest(MODEL)), SubmitUnknown)
  }
})

type Case = {
  model: string
  request?: object
  inputs?: ReturnType<typeof inputFile>[]
  input: object
  parameters: object
}

const prompt = 'a red ball rolls over a table'
const uri = (content: string): string => `data:image/png;base64,${Buffer.from(content).toString('base64')}`

const linkTo = (role: string): string => `https://gateway.example/v1/inputs/${role}?sig=1`

const BODIES: readonly Case[] = [
  { model: MODEL, input: { prompt }, parameters: {} },
  {
    model: MODEL,
    request: { seconds: '15', resolution: '720p', aspectRatio: '9:16', negativePrompt: 'rain', seed: 0 },
    input: { prompt, negative_prompt: 'rain' },
    parameters: { size: '720*1280', duration: 15, seed: 0 },
  },
  {
    model: 'wan2.7-t2v',
    request: {
      size: '1920x1080',
      generateAudio: true,
      providerOptions: { prompt_extend: false, duration: 3 },
    },
    input: { prompt },
    parameters: { resolution: '1080P', ratio: '16:9', prompt_extend: false },
  },
  {
    model: 'wan2.6-i2v-flash',
    request: { resolution: '720p', generateAudio: false, prompt: '' },
    inputs: [inputFile('reference', 'a')],
    input: { img_url: uri('a') },
    parameters: { resolution: '720P', audio: false },
  },
  {
    model: 'wan2.7-i2v',
    request: { resolution: '1080p', seconds: '2' },
    inputs: [inputFile('last_frame', 'last'), inputFile('first_frame', 'first')],
    input: {
      prompt,
      media: [
        { type: 'first_frame', url: uri('first') },
        { type: 'last_frame', url: uri('last') },
      ],
    },
    parameters: { resolution: '1080P', duration: 2 },
  },
  {
    model: 'wan2.6-r2v',
    request: { size: '720x1280', seconds: '10' },
    inputs: [inputFile('reference', 'a'), inputFile('reference', 'b')],
    input: { prompt, reference_urls: [linkTo('reference'), linkTo('reference')] },
    parameters: { size: '720*1280', duration: 10 },
  },
  {
    model: 'wan2.7-r2v',
    inputs: [inputFile('reference', 'a'), inputFile('reference', 'b')],
    input: {
      prompt,
      media: [
        { type: 'reference_image', url: uri('a') },
        { type: 'reference_image', url: uri('b') },
      ],
    },
    parameters: {},
  },
  {
    model: 'wan9-t2v',
    request: { size: '832x480', seconds: '5', generateAudio: true },
    inputs: [inputFile('reference', 'a')],
    input: { prompt, media: [{ type: 'first_frame', url: uri('a') }] },
    parameters: { size: '832*480', duration: 5, audio: true },
  },
]

for (const { model, request, inputs = [], input, parameters } of BODIES) {
  test(`dashscope start: ${model} with ${JSON.stringify({ request, files: inputs.length })}`, async (context) => {
    const { provider, upstream } = await openSubject(context, subject, answer(json(200, fixtures.created)))
    await provider.start(startRequest(model, { request: { ...plainRequest(model), ...request }, inputs }))
    const [seen] = upstream.seen
    assert.equal(seen?.path, CREATE)
    assert.equal(seen?.headers.authorization, 'Bearer key_1')
    assert.equal(seen?.headers['x-dashscope-async'], 'enable')
    assert.deepEqual(JSON.parse(seen?.body ?? ''), { model, input, parameters })
  })
}

const REFUSED: readonly [model: string, inputs: ReturnType<typeof inputFile>[]][] = [
  [MODEL, [inputFile('first_frame', 'a')]],
  [MODEL, [inputFile('video', 'a')]],
  ['wan2.6-i2v', []],
  ['wan2.6-r2v', []],
  ['wan2.6-i2v', [inputFile('first_frame', 'a'), inputFile('last_frame', 'b')]],
  ['wan2.7-r2v', [inputFile('first_frame', 'a'), inputFile('reference', 'b')]],
]

test('dashscope start: files that it cannot take are refused before anything is sent', async (context) => {
  const { provider, upstream } = await openSubject(context, subject, answer(json(200, fixtures.created)))
  for (const [model, inputs] of REFUSED) {
    const outcome = await provider.start(startRequest(model, { inputs }))
    assert.equal(outcome.kind === 'rejected' ? outcome.code : outcome.kind, 'invalid_input')
  }
  assert.equal(upstream.seen.length, 0)
})

test('dashscope cancel: confirmed, or too late', async (context) => {
  const pending = await openSubject(context, subject, answer(json(200, fixtures.cancel_accepted)))
  assert.equal(await pending.provider.cancel?.(operation, signal), 'cancelled')
  const [seen] = pending.upstream.seen
  assert.deepEqual([seen?.method, seen?.path], ['POST', `/api/v1/tasks/${ID}/cancel`])
  const late = await openSubject(context, subject, answer(json(400, fixtures.cancel_refused)))
  assert.equal(await late.provider.cancel?.(operation, signal), 'refused')
  const broken = await openSubject(context, subject, answer(json(500, fixtures.internal)))
  await assert.rejects(async () => broken.provider.cancel?.(operation, signal), {
    name: 'ProbeUnavailable',
  })
})

test('dashscope: the region in America has models of its own', async (context) => {
  const names: string[][] = []
  const listed: ProviderSubject = {
    ...subject,
    open: (given) => {
      const provider = createDashscope({ ...given, region: 'us', apiKey: 'key_2' })
      names.push(provider.models().map(({ id }) => id))
      return provider
    },
  }
  const { provider, upstream } = await openSubject(context, listed, answer(json(200, fixtures.created)))
  assert.deepEqual(names, [['wan2.6-t2v-us', 'wan2.6-i2v-us']])
  const inputs = [inputFile('first_frame', 'a')]
  await provider.start(startRequest('wan2.6-i2v-us', { inputs }))
  assert.deepEqual(JSON.parse(upstream.seen[0]?.body ?? '').input, { prompt, img_url: uri('a') })
})

test('dashscope check: says whether the key is good', async (context) => {
  const good = await openSubject(context, subject, answer(json(200, fixtures.nobodys)))
  assert.deepEqual(await good.provider.check?.(signal), { ok: true, detail: 'credentials accepted' })
  assert.equal(good.upstream.seen[0]?.method, 'GET')
  const bad = await openSubject(context, subject, answer(json(401, fixtures.bad_key)))
  const detail = 'The API key is wrong. (InvalidApiKey) (HTTP 401)'
  assert.deepEqual(await bad.provider.check?.(signal), { ok: false, detail })
})
