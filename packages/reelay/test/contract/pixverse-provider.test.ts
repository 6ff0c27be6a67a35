import assert from 'node:assert/strict'
import { test } from 'node:test'
import fixtures from '../../src/providers/pixverse/fixtures/answers.json' with { type: 'json' }
import { createPixverse } from '../../src/providers/pixverse/index.ts'
import { SubmitUnknown } from '../../src/providers/provider.ts'
import type { StartOutcome, Verdict } from '../../src/task/verdict.ts'
import { answer, html, json, reset, silence, type Behaviour, type Reply } from './fault-server.ts'
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

const ID = '123456789'
const operation = { providerTaskId: ID }
const NOW_MS = 1_790_000_000_000
const TEXT = '/openapi/v2/video/text/generate'
const IMAGE = '/openapi/v2/video/img/generate'
const FRAMES = '/openapi/v2/video/transition/generate'
const UPLOAD = '/openapi/v2/image/upload'
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const signal = new AbortController().signal

const refused = (code: 'account' | 'invalid_input' | 'moderation_blocked', detail: string): StartOutcome => ({
  kind: 'rejected',
  code,
  detail,
})
const failed = (code: 'provider_failed' | 'moderation_blocked', detail: string): Verdict => ({
  kind: 'failed',
  code,
  detail,
})
const job = (fields: object): Reply =>
  json(200, { ...fixtures.done, Resp: { ...fixtures.done.Resp, ...fields } })
const raw = (body: string): Reply => ({ status: 200, headers: { 'content-type': 'application/json' }, body })

/** Ids that never repeat and are no secret. */
function countedIds(): { secret: (bytes: number) => string } {
  let count = 0
  return { secret: (bytes) => `${bytes}-${(count += 1)}` }
}

const subject: ProviderSubject = {
  open: ({ baseUrl, guarded, clock }) =>
    createPixverse({ baseUrl, apiKey: 'key_1', guarded, clock, ids: countedIds() }),
  model: 'pixverse-v5.5',
  accepted: { reply: json(200, fixtures.created), operation },
  refusals: {
    'a code with status 200 is a refusal': {
      reply: json(200, fixtures.bad_parameter),
      expected: refused('invalid_input', 'Invalid parameter (400017)'),
    },
    'an invalid account': {
      reply: json(200, fixtures.invalid_account),
      expected: refused('account', 'Invalid account (400012)'),
    },
    'no money': {
      reply: json(200, fixtures.no_credit),
      expected: refused('account', `${fixtures.no_credit.ErrMsg} (500090)`),
    },
    'a code with status 500 is a refusal too': {
      reply: json(500, fixtures.no_credit),
      expected: refused('account', `${fixtures.no_credit.ErrMsg} (500090)`),
    },
    moderation: {
      reply: json(200, fixtures.moderated),
      expected: refused('moderation_blocked', `${fixtures.moderated.ErrMsg} (500063)`),
    },
    'too many jobs at once': {
      reply: json(200, fixtures.too_many),
      expected: {
        kind: 'not_sent',
        detail: `${fixtures.too_many.ErrMsg} (500044)`,
        retryAtMs: NOW_MS + 5_000,
        pauseAccountMs: 5_000,
      },
    },
    'an id of 18 digits as a JSON number keeps its digits': {
      reply: raw('{"ErrCode":0,"ErrMsg":"Success","Resp":{"video_id":867283741759111202,"credits":45}}'),
      expected: { kind: 'accepted', operation: { providerTaskId: '867283741759111202' } },
    },
  },
  verdicts: {
    '5: generating': { reply: json(200, fixtures.running), expected: { kind: 'running' } },
    'F26: 1 with a link': {
      reply: json(200, fixtures.done),
      expected: { kind: 'done', outputs: [{ role: 'video', ref: 'https://media.example/v.mp4' }] },
    },
    'an id and a status as texts': {
      reply: job({ id: ID, status: '5' }),
      expected: { kind: 'running' },
    },
    '1 without a link': {
      reply: job({ url: '' }),
      expected: failed('provider_failed', 'The provider says that the job succeeded, and names no video.'),
    },
    '6: deleted is nothing that can be had': { reply: job({ status: 6 }), expected: { kind: 'gone' } },
    '7: moderation': {
      reply: job({ status: 7 }),
      expected: failed('moderation_blocked', "The provider's moderation did not let the video through."),
    },
    '8: failed': {
      reply: job({ status: 8, url: '' }),
      expected: failed('provider_failed', 'The provider says that the generation failed.'),
    },
    'an unknown status': { reply: job({ status: 9 }), expected: { kind: 'unrecognised', status: '9' } },
    'no such video, with status 200': { reply: json(200, fixtures.not_found), expected: { kind: 'gone' } },
    'the job itself with an error status': {
      reply: json(500, fixtures.running),
      expected: { kind: 'running' },
    },
  },
  otherJob: job({ id: 987654321 }),
  outputs: (baseUrl) => ({ link: { role: 'video', ref: `${baseUrl}/files/v.mp4` } }),
  callbacks: {
    readings: {
      'F27: a result': { body: fixtures.callback, expected: unsigned('ended', operation) },
      'a failure': { body: { id: ID, status: 8 }, expected: unsigned('ended', operation) },
      'a job that goes on': { body: { id: ID, status: 5 }, expected: unsigned('moved', operation) },
    },
  },
}

providerContract('pixverse', subject)

const NO_VERDICTS: Readonly<Record<string, Reply>> = {
  'F27: the body of a callback': json(200, fixtures.callback),
  'a refusal of the question': json(200, fixtures.bad_parameter),
  'an unknown error': json(200, fixtures.internal),
  'no such video with status 500': json(500, fixtures.not_found),
  'success without a body of its own': json(200, { ErrCode: 0, ErrMsg: 'Success' }),
}

noVerdictCases('pixverse', subject, NO_VERDICTS)

test('pixverse probe: an id of 18 digits is compared digit by digit', async (context) => {
  const reply = raw('{"ErrCode":0,"ErrMsg":"Success","Resp":{"id":867283741759111202,"status":5}}')
  const { provider, upstream } = await openSubject(context, subject, answer(reply))
  assert.deepEqual(await provider.probe({ providerTaskId: '867283741759111202' }, signal), {
    kind: 'running',
  })
  assert.equal(upstream.seen[0]?.path, '/openapi/v2/video/result/867283741759111202')
  const rounded = { providerTaskId: '867283741759111200' }
  await assert.rejects(provider.probe(rounded, signal), { name: 'ProbeUnavailable' })
})

const UNKNOWN: Readonly<Record<string, Reply>> = {
  'an unknown error with status 200': json(200, fixtures.internal),
  'success without an id': json(200, { ErrCode: 0, ErrMsg: 'Success', Resp: {} }),
  'an id of zero': json(200, { ErrCode: 0, ErrMsg: 'Success', Resp: { video_id: 0 } }),
}

for (const [title, reply] of Object.entries(UNKNOWN)) {
  test(`pixverse start: ${title} is unknown`, async (context) => {
    const { provider } = await openSubject(context, subject, answer(reply))
    await assert.rejects(provider.start(startRequest('pixverse-v5')), SubmitUnknown)
  })
}

test('pixverse: a trace id of its own for every look, and the same for one attempt', async (context) => {
  const { provider, upstream } = await openSubject(context, subject, answer(json(200, fixtures.running)))
  await provider.probe(operation, signal)
  await provider.probe(operation, signal)
  for (const clientToken of ['token_1', 'token_1', 'token_2']) {
    await assert.rejects(provider.start(startRequest('pixverse-v5', { clientToken })), SubmitUnknown)
  }
  const [first, second, one, again, two] = upstream.seen.map(({ headers }) => String(headers['ai-trace-id']))
  for (const traceId of [first, second, one, two]) assert.match(traceId ?? '', UUID)
  assert.equal(new Set([first, second, one, two]).size, 4)
  assert.equal(again, one)
  for (const { headers } of upstream.seen) assert.equal(headers['api-key'], 'key_1')
})

test('pixverse open: a link elsewhere gets no key', async (context) => {
  const elsewhere = await openSubject(context, subject, answer(html(404)))
  const allow = elsewhere.upstream.baseUrl.replace('http://', '')
  const { provider } = await openSubject(context, subject, answer(html(404)), { allow })
  const output = { role: 'video', ref: `${elsewhere.upstream.baseUrl}/v.mp4` } as const
  await assert.rejects(provider.open(output, operation, signal), { name: 'OutputGone' })
  assert.equal(elsewhere.upstream.seen.length, 1)
  assert.equal(elsewhere.upstream.seen[0]?.headers['api-key'], undefined)
  assert.equal(elsewhere.upstream.seen[0]?.headers['ai-trace-id'], undefined)
})

test('pixverse check: asks for the balance', async (context) => {
  const good = await openSubject(context, subject, answer(json(200, fixtures.balance)))
  assert.deepEqual(await good.provider.check?.(signal), { ok: true, detail: 'credentials accepted' })
  assert.equal(good.upstream.seen[0]?.path, '/openapi/v2/account/balance')
  const bad = await openSubject(context, subject, answer(json(200, fixtures.invalid_account)))
  const detail = 'Invalid account (400012) (HTTP 200)'
  assert.deepEqual(await bad.provider.check?.(signal), { ok: false, detail })
})

/** Answers uploads with the ids 11, 12, … and everything else with a created job. */
function uploading(): Behaviour {
  let uploads = 0
  return (request, response) => {
    if (request.path === UPLOAD) uploads += 1
    const uploaded = { ...fixtures.uploaded, Resp: { img_id: 10 + uploads, img_url: '' } }
    answer(json(200, request.path === UPLOAD ? uploaded : fixtures.created))(request, response)
  }
}

type Case = {
  model: string
  request?: object
  inputs?: ReturnType<typeof inputFile>[]
  path: string
  fields: object
}

const DEFAULTS = { model: 'v5.5', duration: 5, quality: '540p' }

const BODIES: readonly Case[] = [
  { model: 'pixverse-v5.5', path: TEXT, fields: { ...DEFAULTS, aspect_ratio: '16:9' } },
  {
    model: 'pixverse-v6',
    request: {
      seconds: '12',
      size: '1080x1920',
      negativePrompt: 'rain',
      seed: 7,
      generateAudio: true,
      providerOptions: { style: 'anime', model: 'v1', quality: '360p' },
    },
    path: TEXT,
    fields: {
      model: 'v6',
      duration: 12,
      quality: '1080p',
      aspect_ratio: '9:16',
      negative_prompt: 'rain',
      seed: 7,
      generate_audio_switch: true,
      style: 'anime',
    },
  },
  {
    model: 'pixverse-v5.5',
    request: { aspectRatio: '1:1', resolution: '720p' },
    inputs: [inputFile('reference', 'a')],
    path: IMAGE,
    fields: { ...DEFAULTS, quality: '720p', img_id: 11 },
  },
  {
    model: 'pixverse-v5.5',
    request: { seconds: '8' },
    inputs: [inputFile('last_frame', 'b'), inputFile('first_frame', 'a')],
    path: FRAMES,
    fields: { ...DEFAULTS, duration: 8, first_frame_img: 11, last_frame_img: 12 },
  },
  {
    model: 'v9',
    request: { seconds: '7', size: '1280x720' },
    path: TEXT,
    fields: { model: 'v9', duration: 7, quality: '720p', aspect_ratio: '16:9' },
  },
]

for (const { model, request, inputs = [], path, fields } of BODIES) {
  test(`pixverse start: ${model} with ${JSON.stringify({ request, files: inputs.length })}`, async (context) => {
    const { provider, upstream } = await openSubject(context, subject, uploading())
    const given = { request: { ...plainRequest(model), ...request }, inputs }
    assert.deepEqual(await provider.start(startRequest(model, given)), { kind: 'accepted', operation })
    const paths = upstream.seen.map((seen) => seen.path)
    assert.deepEqual(paths, [...inputs.map(() => UPLOAD), path])
    assert.deepEqual(JSON.parse(upstream.seen.at(-1)?.body ?? ''), {
      prompt: 'a red ball rolls over a table',
      ...fields,
    })
  })
}

test('pixverse start: a picture is uploaded as a file', async (context) => {
  const { provider, upstream } = await openSubject(context, subject, uploading())
  const inputs = [inputFile('last_frame', 'the last one'), inputFile('first_frame', 'the first one')]
  await provider.start(startRequest('pixverse-v5', { inputs }))
  const [first, second, create] = upstream.seen
  assert.match(first?.headers['content-type'] ?? '', /^multipart\/form-data; boundary=/)
  assert.match(first?.body ?? '', /name="image"; filename="first_frame.png"[^]*the first one/)
  assert.match(second?.body ?? '', /name="image"; filename="last_frame.png"[^]*the last one/)
  const traceIds = [first, second, create].map((seen) => seen?.headers['ai-trace-id'])
  assert.equal(new Set(traceIds).size, 3)
})

test('pixverse start: the id of a picture that is too long for a number is sent as it is', async (context) => {
  const uploaded = raw('{"ErrCode":0,"ErrMsg":"success","Resp":{"img_id":867283741759111202}}')
  const behave: Behaviour = (request, response) =>
    answer(request.path === UPLOAD ? uploaded : json(200, fixtures.created))(request, response)
  const { provider, upstream } = await openSubject(context, subject, behave)
  await provider.start(startRequest('pixverse-v5', { inputs: [inputFile('first_frame', 'a')] }))
  assert.equal(JSON.parse(upstream.seen.at(-1)?.body ?? '').img_id, '867283741759111202')
})

const NOT_SENT = { kind: 'not_sent', retryAtMs: NOW_MS + 60_000, pauseAccountMs: 60_000 }

const UPLOADS: Readonly<Record<string, { behave: Behaviour; expected: object }>> = {
  'a picture that it cannot read': {
    behave: answer(json(200, fixtures.bad_picture)),
    expected: refused('invalid_input', 'Invalid image format (500032)'),
  },
  'a picture that moderation stops': {
    behave: answer(json(200, fixtures.moderated_picture)),
    expected: refused('moderation_blocked', 'Content moderation failure. (500054)'),
  },
  'a refused key': { behave: answer(json(401, {})), expected: NOT_SENT },
  'an unknown error': { behave: answer(json(200, fixtures.internal)), expected: { kind: 'not_sent' } },
  'a page': { behave: answer(html(502)), expected: { kind: 'not_sent' } },
  'a reset': { behave: reset, expected: { kind: 'not_sent' } },
  'a throttle': {
    behave: answer(json(429, {}, { 'retry-after': '60' })),
    expected: NOT_SENT,
  },
}

for (const [title, { behave, expected }] of Object.entries(UPLOADS)) {
  test(`pixverse start: ${title} at an upload asks for no video`, async (context) => {
    const { provider, upstream } = await openSubject(context, subject, behave)
    const inputs = [inputFile('first_frame', 'a'), inputFile('last_frame', 'b')]
    const outcome = await provider.start(startRequest('pixverse-v5', { inputs }))
    assert.partialDeepStrictEqual(outcome, expected)
    assert.equal('pauseAccountMs' in outcome, 'pauseAccountMs' in expected)
    assert.deepEqual(
      upstream.seen.map(({ path }) => path),
      [UPLOAD],
    )
  })
}

test('pixverse start: aborted while it uploads is not sent', async (context) => {
  const { provider, upstream } = await openSubject(context, subject, silence)
  const controller = new AbortController()
  const inputs = [inputFile('first_frame', 'a')]
  const started = provider.start(startRequest('pixverse-v5', { inputs, signal: controller.signal }))
  await upstream.untilSeen(1)
  controller.abort()
  assert.equal((await started).kind, 'not_sent')
})

test('pixverse start: files that it cannot take are refused before anything is sent', async (context) => {
  const { provider, upstream } = await openSubject(context, subject, uploading())
  for (const inputs of [
    [inputFile('video', 'v')],
    [inputFile('last_frame', 'b')],
    [inputFile('first_frame', 'a'), inputFile('reference', 'b')],
    [inputFile('reference', 'a'), inputFile('reference', 'b'), inputFile('reference', 'c')],
  ]) {
    const outcome = await provider.start(startRequest('pixverse-v5', { inputs }))
    assert.equal(outcome.kind === 'rejected' ? outcome.code : outcome.kind, 'invalid_input')
  }
  assert.equal(upstream.seen.length, 0)
})
