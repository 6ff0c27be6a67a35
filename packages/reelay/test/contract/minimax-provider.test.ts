import assert from 'node:assert/strict'
import { test } from 'node:test'
import fixtures from '../../src/providers/minimax/fixtures/answers.json' with { type: 'json' }
import { createMinimax } from '../../src/providers/minimax/index.ts'
import { OutputGone, OutputUnavailable, SubmitUnknown } from '../../src/providers/provider.ts'
import type { CallbackReading } from '../../src/providers/provider.ts'
import type { StartOutcome, Verdict } from '../../src/task/verdict.ts'
import { answer, html, json, type Behaviour, type Reply } from './fault-server.ts'
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

const ID = '176843862716480'
const FILE = '176844028768320'
const NOW_MS = 1_790_000_000_000
const WITHOUT_VIDEO = 'The provider says that the job succeeded, and names no video.'
const REASONLESS = 'The provider gave no reason.'
const signal = new AbortController().signal

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
const failed = (
  code: 'provider_failed' | 'moderation_blocked' | 'provider_expired' | 'provider_cancelled',
  detail: string,
): Verdict => ({ kind: 'failed', code, detail })

const open: ProviderSubject['open'] = ({ baseUrl, guarded, clock }) =>
  createMinimax({ baseUrl: `${baseUrl}/v1`, apiKey: 'key_1', guarded, clock })
const outputs = (baseUrl: string) => ({ link: { role: 'video', ref: `${baseUrl}/files/v.mp4` } }) as const

const CHALLENGE = fixtures.callback_challenge.challenge
const OF_V1 = { providerTaskId: ID, version: 'v1' }
const OF_V2 = { providerTaskId: 't-1', version: 'v2' }
const echo = (challenge: string): CallbackReading => ({
  ...unsigned('moved'),
  answer: JSON.stringify({ challenge }),
})

const jobV1 = (fields: object): Reply => json(200, { ...fixtures.v1_running, ...fields })

const v1: ProviderSubject = {
  open,
  model: 'MiniMax-Hailuo-2.3',
  accepted: { reply: json(200, fixtures.v1_created), operation: { providerTaskId: ID, version: 'v1' } },
  refusals: {
    'F18: rate limit with status 200': {
      reply: json(200, fixtures.v1_too_fast),
      expected: laterOn('rate limit (1002)'),
    },
    'no balance with status 200': {
      reply: json(200, fixtures.v1_no_balance),
      expected: refused('account', 'insufficient balance (1008)'),
    },
    'a bad key with status 200': {
      reply: json(200, fixtures.v1_bad_key),
      expected: refused('account', 'invalid api key (2049)'),
    },
    'parameters with status 200': {
      reply: json(200, fixtures.v1_bad_parameter),
      expected: refused('invalid_input', 'invalid params, 1080P takes 6 seconds (2013)'),
    },
    'a sensitive prompt': {
      reply: json(200, fixtures.v1_sensitive_prompt),
      expected: refused('moderation_blocked', 'the prompt is sensitive (1026)'),
    },
    'a refusal with an id is a refusal': {
      reply: json(200, { ...fixtures.v1_sensitive_prompt, task_id: ID }),
      expected: refused('moderation_blocked', 'the prompt is sensitive (1026)'),
    },
    'an id of 18 digits as a JSON number keeps its digits': {
      reply: {
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: '{"task_id":867283741759111202,"base_resp":{"status_code":0}}',
      },
      expected: {
        kind: 'accepted',
        operation: { providerTaskId: '867283741759111202', version: 'v1' },
      },
    },
  },
  verdicts: {
    Preparing: { reply: json(200, fixtures.v1_preparing), expected: { kind: 'waiting' } },
    Queueing: { reply: jobV1({ status: 'Queueing' }), expected: { kind: 'waiting' } },
    Processing: { reply: json(200, fixtures.v1_running), expected: { kind: 'running' } },
    'processing in lower case': { reply: jobV1({ status: 'processing' }), expected: { kind: 'running' } },
    'F17: Success with a file': {
      reply: json(200, fixtures.v1_done),
      expected: { kind: 'done', outputs: [{ role: 'video', ref: `file_id:${FILE}` }] },
    },
    'Success with a file as a JSON number of 18 digits': {
      reply: {
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: `{"task_id":${ID},"status":"Success","file_id":867283741759111202}`,
      },
      expected: { kind: 'done', outputs: [{ role: 'video', ref: 'file_id:867283741759111202' }] },
    },
    'Success without a file': {
      reply: jobV1({ status: 'Success', file_id: '' }),
      expected: failed('provider_failed', WITHOUT_VIDEO),
    },
    'Fail by moderation': {
      reply: json(200, fixtures.v1_failed),
      expected: failed('moderation_blocked', 'output content is sensitive (1027)'),
    },
    'Fail without a reason': {
      reply: jobV1({ status: 'Fail' }),
      expected: failed('provider_failed', REASONLESS),
    },
    'an unknown status': {
      reply: jobV1({ status: 'Reviewing' }),
      expected: { kind: 'unrecognised', status: 'Reviewing' },
    },
    'invalid task_id': {
      reply: json(200, { base_resp: { status_code: 2013, status_msg: 'invalid task_id' } }),
      expected: { kind: 'gone' },
    },
  },
  otherJob: jobV1({ task_id: '176843862716481' }),
  outputs,
  callbacks: {
    registered: callbackField,
    readings: {
      'F19: a challenge is echoed': { body: fixtures.callback_challenge, expected: echo(CHALLENGE) },
      'a challenge of 1 kB': { body: { challenge: '€'.repeat(341) }, expected: echo('€'.repeat(341)) },
      'a challenge of more': { body: { challenge: '€'.repeat(342) }, expected: unsigned('moved') },
      'a challenge that is no text': { body: { challenge: 7 }, expected: unsigned('moved') },
      processing: { body: fixtures.callback_running, expected: unsigned('moved', OF_V1) },
      success: { body: fixtures.callback_done, expected: unsigned('ended', OF_V1) },
      failed: { body: fixtures.callback_failed, expected: unsigned('ended', OF_V1) },
      'F17: Success, as in a look': { body: fixtures.v1_done, expected: unsigned('ended', OF_V1) },
      'Fail, as in a look': { body: fixtures.v1_failed, expected: unsigned('ended', OF_V1) },
      'a shape that does not tell its generation': {
        body: { task_id: 't-1', status: 'succeeded' },
        expected: unsigned('ended'),
      },
    },
  },
}

const jobV2 = (fields: object): Reply => json(200, { task: { ...fixtures.v2_running.task, ...fields } })
const UPDATED = { finishedAtMs: 1_767_225_630_000 }

const v2: ProviderSubject = {
  open,
  model: 'MiniMax-H3',
  accepted: { reply: json(200, fixtures.v2_created), operation: { providerTaskId: 't-1', version: 'v2' } },
  refusals: {
    'rate limit, the code in the message': {
      reply: json(429, fixtures.v2_too_fast),
      expected: laterOn('rate limit exceeded (1002)'),
    },
    '429 for want of balance': {
      reply: json(429, fixtures.v2_no_balance),
      expected: refused('account', 'insufficient balance (1008)'),
    },
    parameters: {
      reply: json(400, fixtures.v2_bad_parameter),
      expected: refused('invalid_input', 'duration is out of range (2013)'),
    },
  },
  verdicts: {
    queued: { reply: json(200, fixtures.v2_queued), expected: { kind: 'waiting' } },
    running: { reply: json(200, fixtures.v2_running), expected: { kind: 'running' } },
    'F21: succeeded': {
      reply: json(200, fixtures.v2_done),
      expected: { kind: 'done', outputs: [{ role: 'video', ref: 'https://cdn.example/v.mp4' }] },
    },
    'succeeded, with its time': {
      reply: jobV2({ status: 'succeeded', content: { url: 'https://cdn.example/v.mp4' } }),
      expected: {
        kind: 'done',
        outputs: [{ role: 'video', ref: 'https://cdn.example/v.mp4' }],
        ...UPDATED,
      },
    },
    'succeeded without a link': {
      reply: json(200, { task: { id: 't-1', status: 'succeeded', content: { url: '' } } }),
      expected: failed('provider_failed', WITHOUT_VIDEO),
    },
    'F20: failed by moderation': {
      reply: json(200, fixtures.v2_failed),
      expected: failed('moderation_blocked', 'Content policy violation (1027)'),
    },
    'failed without a reason': {
      reply: jobV2({ status: 'failed' }),
      expected: { ...failed('provider_failed', REASONLESS), ...UPDATED },
    },
    cancelled: {
      reply: jobV2({ status: 'cancelled', updated_at: null }),
      expected: failed('provider_cancelled', 'The provider says: cancelled.'),
    },
    expired: {
      reply: jobV2({ status: 'expired', updated_at: 0 }),
      expected: failed('provider_expired', 'The provider says: expired.'),
    },
    'an unknown status': {
      reply: jobV2({ status: 'reviewing' }),
      expected: { kind: 'unrecognised', status: 'reviewing' },
    },
    'invalid task_id: older than seven days': {
      reply: json(400, fixtures.v2_invalid_task),
      expected: { kind: 'gone' },
    },
  },
  otherJob: jobV2({ id: 't-2' }),
  outputs,
  callbacks: {
    registered: callbackField,
    readings: {
      running: { body: fixtures.v2_running, expected: unsigned('moved', OF_V2) },
      'F21: succeeded': { body: fixtures.v2_done, expected: unsigned('ended', OF_V2) },
      'F20: failed': { body: fixtures.v2_failed, expected: unsigned('ended', OF_V2) },
    },
  },
}

providerContract('minimax v1', v1)
providerContract('minimax v2', v2)

const RESTS: readonly [reply: Reply, pauseAccountMs: number | undefined][] = [
  [json(200, fixtures.v1_too_fast), 5_000],
  [json(200, fixtures.v1_no_balance), 60_000],
  [json(200, fixtures.v1_bad_key), 60_000],
  [json(200, fixtures.v1_timeout), undefined],
  [json(200, fixtures.v1_bad_parameter), undefined],
  // F19: nobody answers a callback's challenge by polling.
  [json(200, fixtures.callback_challenge), undefined],
]

for (const [reply, pauseAccountMs] of RESTS) {
  test(`minimax probe: no verdict, the account rests ${pauseAccountMs} ms: ${String(reply.body)}`, async (context) => {
    const { provider } = await openSubject(context, v1, answer(reply))
    const expected = { name: 'ProbeUnavailable', pauseAccountMs }
    await assert.rejects(provider.probe(v1.accepted.operation, signal), expected)
  })
}

test('minimax start: its own timeout with status 200 is unknown', async (context) => {
  const { provider } = await openSubject(context, v1, answer(json(200, fixtures.v1_timeout)))
  await assert.rejects(provider.start(startRequest(v1.model)), SubmitUnknown)
})

test('minimax probe: each generation at its own path', async (context) => {
  const { provider, upstream } = await openSubject(context, v1, answer(json(400, fixtures.v2_invalid_task)))
  await provider.probe({ providerTaskId: 'a/b:c', version: 'v1' }, signal)
  await provider.probe({ providerTaskId: 'a/b:c', version: 'v2' }, signal)
  const stored = provider.probe({ providerTaskId: 'a' }, signal)
  await assert.rejects(stored, /stored without its version/)
  const paths = upstream.seen.map(({ path }) => path)
  const query = '/query/video_generation'
  assert.deepEqual(paths, [`/v1${query}?task_id=a%2Fb%3Ac`, `/v2${query}/a%2Fb%3Ac`])
})

type Case = { model: string; request?: object; inputs?: ReturnType<typeof inputFile>[] }
const uri = (text: string): string => `data:image/png;base64,${Buffer.from(text).toString('base64')}`
const image = (text: string, role: string): object => ({
  type: 'image_url',
  image_url: { url: uri(text) },
  role,
})
const PROMPT = 'a red ball rolls over a table'
const TEXT = { type: 'text', text: PROMPT }

const BODIES: readonly (Case & { path: string; body: object })[] = [
  { model: 'MiniMax-Hailuo-2.3', path: '/v1/video_generation', body: { prompt: PROMPT } },
  {
    model: 'MiniMax-Hailuo-02',
    request: { seconds: '6', resolution: '1080p', providerOptions: { prompt_optimizer: false } },
    inputs: [inputFile('first_frame', 'first'), inputFile('last_frame', 'last')],
    path: '/v1/video_generation',
    body: {
      prompt: PROMPT,
      duration: 6,
      resolution: '1080P',
      prompt_optimizer: false,
      first_frame_image: uri('first'),
      last_frame_image: uri('last'),
    },
  },
  {
    model: 'I2V-01',
    inputs: [inputFile('reference', 'a')],
    path: '/v1/video_generation',
    body: { prompt: PROMPT, first_frame_image: uri('a') },
  },
  {
    model: 'MiniMax-H3',
    path: '/v2/video_generation',
    body: { content: [TEXT], resolution: '2K', duration: 5 },
  },
  {
    model: 'MiniMax-H3',
    request: { seconds: '12', size: '2560x1440', providerOptions: { aigc_watermark: true } },
    inputs: [inputFile('reference', 'a'), inputFile('reference', 'b')],
    path: '/v2/video_generation',
    body: {
      content: [TEXT, image('a', 'reference_image'), image('b', 'reference_image')],
      resolution: '2K',
      duration: 12,
      ratio: '16:9',
      aigc_watermark: true,
    },
  },
  {
    model: 'MiniMax-H3',
    request: { aspectRatio: 'adaptive' },
    inputs: [inputFile('first_frame', 'a'), inputFile('last_frame', 'b')],
    path: '/v2/video_generation',
    body: {
      content: [TEXT, image('a', 'first_frame'), image('b', 'last_frame')],
      resolution: '2K',
      duration: 5,
    },
  },
]

for (const { model, request, inputs = [], path, body } of BODIES) {
  test(`minimax start: ${model} with ${JSON.stringify({ request, files: inputs.length })}`, async (context) => {
    const { provider, upstream } = await openSubject(context, v1, answer(json(200, fixtures.v1_created)))
    await provider.start(startRequest(model, { request: { ...plainRequest(model), ...request }, inputs }))
    const [seen] = upstream.seen
    assert.equal(seen?.path, path)
    assert.equal(seen?.headers.authorization, 'Bearer key_1')
    assert.deepEqual(JSON.parse(seen?.body ?? ''), { model, ...body })
  })
}

test('minimax start: what it cannot take is refused before anything is sent', async (context) => {
  const { provider, upstream } = await openSubject(context, v1, answer(json(200, fixtures.v1_created)))
  const outcome = await provider.start(startRequest('MiniMax-H3', { inputs: [inputFile('last_frame', 'a')] }))
  assert.equal(outcome.kind === 'rejected' ? outcome.code : outcome.kind, 'invalid_input')
  const request = { ...plainRequest('MiniMax-H3'), seed: 7, negativePrompt: 'rain' }
  assert.deepEqual(
    await provider.start(startRequest('MiniMax-H3', { request })),
    refused('invalid_input', 'MiniMax has no seed and no negative_prompt: leave it out.'),
  )
  assert.equal(upstream.seen.length, 0)
})

const CLIP = Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypisom\0\0\0\0isomavc1')])
const clip: Reply = { status: 200, headers: { 'content-type': 'video/mp4' }, body: CLIP }
const filed = { role: 'video', ref: `file_id:${FILE}` } as const

/** Answers the question for a file's link, and everything else with a video. */
const filing =
  (file: Reply): Behaviour =>
  (request, response) =>
    answer(request.path.startsWith('/v1/files/retrieve') ? file : clip)(request, response)

/** The link leads back to this server. */
const filingItself: Behaviour = (request, response) => {
  const download_url = `http://${request.headers.host}/cdn/v.mp4`
  const file = { ...fixtures.v1_file.file, download_url }
  filing(json(200, { ...fixtures.v1_file, file }))(request, response)
}

test('minimax open: a file is asked for a fresh link first', async (context) => {
  const { provider, upstream } = await openSubject(context, v1, filingItself)
  const opened = await provider.open(filed, v1.accepted.operation, signal)
  opened.close()
  const paths = upstream.seen.map(({ path }) => path)
  assert.deepEqual(paths, [`/v1/files/retrieve?file_id=${FILE}`, '/cdn/v.mp4'])
})

const NO_LINKS: Readonly<Record<string, [Reply, typeof OutputGone | typeof OutputUnavailable]>> = {
  'no such file': [json(200, fixtures.v1_no_file), OutputGone],
  'a file without a link': [
    json(200, { file: { ...fixtures.v1_file.file, download_url: 'www.example' } }),
    OutputUnavailable,
  ],
  'too fast': [json(200, fixtures.v1_too_fast), OutputUnavailable],
  'a page': [html(200), OutputUnavailable],
  'an error': [html(502), OutputUnavailable],
}

for (const [title, [reply, expected]] of Object.entries(NO_LINKS)) {
  test(`minimax open: ${title} is no output`, async (context) => {
    const { provider, upstream } = await openSubject(context, v1, filing(reply))
    await assert.rejects(provider.open(filed, v1.accepted.operation, signal), expected)
    assert.equal(upstream.seen.length, 1)
  })
}

test('minimax open: the link of another file is no output', async (context) => {
  const { provider, upstream } = await openSubject(context, v1, filingItself)
  const other = { role: 'video', ref: `file_id:${FILE}0` } as const
  await assert.rejects(provider.open(other, v1.accepted.operation, signal), OutputUnavailable)
  assert.equal(upstream.seen.length, 1)
})
