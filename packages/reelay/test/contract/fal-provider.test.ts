import assert from 'node:assert/strict'
import { test } from 'node:test'
import fixtures from '../../src/providers/fal/fixtures/answers.json' with { type: 'json' }
import { createFal } from '../../src/providers/fal/index.ts'
import { SubmitUnknown } from '../../src/providers/provider.ts'
import type { StartOutcome, Verdict } from '../../src/task/verdict.ts'
import { answer, html, json, reset, type Behaviour, type Reply } from './fault-server.ts'
import { cancelCases, type CancelCase } from './provider-cases.ts'
import { providerContract } from './provider-contract.ts'
import {
  inputFile,
  openSubject,
  plainRequest,
  startRequest,
  unsigned,
  type ProviderSubject,
} from './provider-subject.ts'

const ID = '764cabcf-b745-4b3e-ae38-1200304cf45b'
const STATUS = '/fal-ai/luma-ray-2/requests/764c/status'
const RESPONSE = '/fal-ai/luma-ray-2/requests/764c'
const operation = { providerTaskId: ID, statusPath: STATUS, responsePath: RESPONSE }
const signal = new AbortController().signal

const refused = (
  code: 'account' | 'invalid_input' | 'moderation_blocked' | 'rejected_by_provider',
  detail: string,
): StartOutcome => ({ kind: 'rejected', code, detail })
const failed = (
  code: 'provider_failed' | 'provider_cancelled' | 'invalid_input' | 'moderation_blocked',
  detail: string,
): Verdict => ({ kind: 'failed', code, detail })

const MODERATED =
  'body.prompt: The content could not be processed because it was flagged by a content checker. (content_policy_violation)'
const INVALID = 'body.prompt: field required (value_error.missing)'

const subject: ProviderSubject = {
  open: ({ baseUrl, guarded, clock }) => createFal({ baseUrl, apiKey: 'key_1', guarded, clock }),
  model: 'fal-ai/luma-ray-2',
  accepted: { reply: json(200, fixtures.created), operation },
  refusals: {
    'a body that does not pass validation': {
      reply: json(422, fixtures.invalid),
      expected: refused('invalid_input', INVALID),
    },
    'moderation by its type': {
      reply: json(422, fixtures.moderated),
      expected: refused('moderation_blocked', MODERATED),
    },
    'no key': {
      reply: json(401, fixtures.unauthenticated),
      expected: refused('account', 'Authentication is required to access this application.'),
    },
    'no money': {
      reply: json(403, fixtures.locked),
      expected: refused('account', 'User is locked. Reason: Exhausted balance.'),
    },
    'no such app': {
      reply: json(404, fixtures.no_such_app),
      expected: refused('rejected_by_provider', "Application 'nowhere' not found"),
    },
  },
  verdicts: {
    'F31: IN_QUEUE': { reply: json(202, fixtures.queued), expected: { kind: 'waiting' } },
    'IN_PROGRESS with 202': { reply: json(202, fixtures.running), expected: { kind: 'running' } },
    'a status without an id, as older answers are': {
      reply: json(202, { status: 'IN_QUEUE', queue_position: 0 }),
      expected: { kind: 'waiting' },
    },
    'COMPLETED with an error, whatever the result answers': {
      reply: json(200, fixtures.completed_with_error),
      expected: failed('provider_failed', 'Request timed out (request_timeout)'),
    },
    'COMPLETED because it was cancelled': {
      reply: json(200, fixtures.completed_cancelled),
      expected: failed('provider_cancelled', 'Request was cancelled by the client (client_cancelled)'),
    },
    'F32: the status of a callback is none of a look': {
      reply: json(200, fixtures.callback),
      expected: { kind: 'unrecognised', status: 'ERROR' },
    },
    'no such request': { reply: json(404, fixtures.no_such_request), expected: { kind: 'gone' } },
  },
  otherJob: json(202, { ...fixtures.running, request_id: '764cabcf-0000-4b3e-ae38-1200304cf45b' }),
  outputs: (baseUrl) => ({ link: { role: 'video', ref: `${baseUrl}/files/out.mp4` } }),
  callbacks: {
    registered: ({ path }) =>
      new URL(path, 'https://queue.fal.run').searchParams.get('fal_webhook') ?? undefined,
    readings: {
      'F32: an error': { body: fixtures.callback, expected: unsigned('ended') },
      'a result': { body: fixtures.callback_ok, expected: unsigned('ended') },
      'the word of a look': { body: fixtures.completed, expected: unsigned('ended') },
      'a run that goes on': { body: fixtures.running, expected: unsigned('moved') },
    },
  },
}

providerContract('fal', subject)

const byPath =
  (replies: Readonly<Record<string, Reply>>): Behaviour =>
  (request, response) =>
    answer(replies[request.path] ?? json(404, fixtures.no_such_path))(request, response)

const RESULTS: Readonly<Record<string, { status?: object; result: Reply; expected: Verdict }>> = {
  'a video': {
    result: json(200, fixtures.result),
    expected: { kind: 'done', outputs: [{ role: 'video', ref: 'https://v3.example/files/rabbit/out.mp4' }] },
  },
  'a list of videos': {
    result: json(200, { videos: [{ url: 'https://v3.example/1.mp4' }, { url: 'https://v3.example/2.mp4' }] }),
    expected: {
      kind: 'done',
      outputs: [
        { role: 'video', ref: 'https://v3.example/1.mp4' },
        { role: 'video', ref: 'https://v3.example/2.mp4' },
      ],
    },
  },
  'no video': {
    result: json(200, fixtures.result_of_pictures),
    expected: failed(
      'provider_failed',
      'The provider says that the run is over, and its result names no video.',
    ),
  },
  'a link that is none': {
    result: json(200, { video: { url: 'javascript:alert(1)' } }),
    expected: failed(
      'provider_failed',
      'The provider says that the run is over, and its result names no video.',
    ),
  },
  'asked too early': {
    result: json(400, fixtures.still_in_progress),
    expected: { kind: 'running' },
  },
  'refused by the model': { result: json(422, fixtures.invalid), expected: failed('invalid_input', INVALID) },
  moderated: { result: json(422, fixtures.moderated), expected: failed('moderation_blocked', MODERATED) },
  "a model's own timeout": {
    result: json(504, fixtures.generation_timeout),
    expected: failed('provider_failed', 'body: Generation timed out. (generation_timeout)'),
  },
  "a runner's error": {
    result: json(500, fixtures.runner_error),
    expected: failed('provider_failed', 'The runner answered with a server error (runner_server_error)'),
  },
  'no such request': { result: json(404, fixtures.no_such_request), expected: { kind: 'gone' } },
  'with an error, moderated': {
    status: fixtures.completed_invalid,
    result: json(422, fixtures.moderated),
    expected: failed('moderation_blocked', MODERATED),
  },
  'with an error, and a result that cannot be read': {
    status: fixtures.completed_invalid,
    result: html(500),
    expected: failed('provider_failed', 'Invalid status code: 422'),
  },
  'with an error, and a video all the same': {
    status: fixtures.completed_with_error,
    result: json(200, fixtures.result),
    expected: failed('provider_failed', 'Request timed out (request_timeout)'),
  },
}

for (const [title, { status = fixtures.completed, result, expected }] of Object.entries(RESULTS)) {
  test(`fal probe: COMPLETED, ${title}`, async (context) => {
    const behave = byPath({ [STATUS]: json(200, status), [RESPONSE]: result })
    const { provider, upstream } = await openSubject(context, subject, behave)
    assert.deepEqual(await provider.probe(operation, signal), expected)
    assert.deepEqual(
      upstream.seen.map(({ method, path, headers }) => [method, path, headers.authorization]),
      [
        ['GET', STATUS, 'Key key_1'],
        ['GET', RESPONSE, 'Key key_1'],
      ],
    )
  })
}

const NO_RESULTS: Readonly<Record<string, Reply>> = {
  'an error without a type': json(500, fixtures.internal),
  'a path that is not known': json(404, fixtures.no_such_path),
  'a page with status 200': html(200),
  'a page with status 404': html(404),
  'an empty object': json(200, {}),
  'an error with status 200': json(200, fixtures.internal),
  'a refused key': json(401, fixtures.unauthenticated),
  'a redirect': html(301, { location: '/elsewhere' }),
}

for (const [title, result] of Object.entries(NO_RESULTS)) {
  test(`fal probe: COMPLETED, and ${title} instead of a result is no verdict`, async (context) => {
    const behave = byPath({ [STATUS]: json(200, fixtures.completed), [RESPONSE]: result })
    const { provider } = await openSubject(context, subject, behave)
    await assert.rejects(provider.probe(operation, signal), { name: 'ProbeUnavailable' })
  })
}

const resetAtResult: Behaviour = (request, response) =>
  (request.path === STATUS ? answer(json(200, fixtures.completed_invalid)) : reset)(request, response)

test('fal probe: COMPLETED with an error stays a verdict when its details are lost', async (context) => {
  const { provider } = await openSubject(context, subject, resetAtResult)
  const expected = failed('provider_failed', 'Invalid status code: 422')
  assert.deepEqual(await provider.probe(operation, signal), expected)
})

test('fal probe: an unknown path is not a missing request', async (context) => {
  const { provider } = await openSubject(context, subject, answer(json(404, fixtures.no_such_path)))
  await assert.rejects(provider.probe(operation, signal), { name: 'ProbeUnavailable' })
})

test('fal probe: an operation without its paths is not asked for', async (context) => {
  const { provider, upstream } = await openSubject(context, subject, answer(json(200, fixtures.running)))
  const elsewhere = { ...operation, statusPath: 'https://elsewhere.example/status' }
  await assert.rejects(provider.probe(elsewhere, signal), /stored without its paths/)
  await assert.rejects(provider.probe({ providerTaskId: ID }, signal), /stored without its paths/)
  assert.equal(upstream.seen.length, 0)
})

/** The paths that are kept of the URLs in a create's answer. */
async function kept(
  context: Parameters<typeof openSubject>[0],
  urlsAt: (baseUrl: string) => object,
  model = 'fal-ai/kling-video/v2.5-turbo/pro/text-to-video',
): Promise<unknown> {
  let baseUrl = ''
  const behave: Behaviour = (request, response) =>
    answer(json(200, { status: 'IN_QUEUE', request_id: 'r/1', ...urlsAt(baseUrl) }))(request, response)
  const { provider, upstream } = await openSubject(context, subject, behave)
  baseUrl = upstream.baseUrl
  const outcome = await provider.start(startRequest(model))
  return outcome.kind === 'accepted' ? outcome.operation : outcome
}

test('fal start: URLs of its own are kept as paths', async (context) => {
  const own = await kept(context, (baseUrl) => ({
    status_url: `${baseUrl}/fal-ai/kling-video/requests/r1/status`,
    response_url: `${baseUrl}/fal-ai/kling-video/requests/r1?x=1`,
  }))
  assert.deepEqual(own, {
    providerTaskId: 'r/1',
    statusPath: '/fal-ai/kling-video/requests/r1/status',
    responsePath: '/fal-ai/kling-video/requests/r1?x=1',
  })
})

test('fal start: nothing is kept of URLs elsewhere, and an id with a slash is escaped', async (context) => {
  const documented = {
    providerTaskId: 'r/1',
    statusPath: '/fal-ai/kling-video/requests/r%2F1/status',
    responsePath: '/fal-ai/kling-video/requests/r%2F1',
  }
  const elsewhere = {
    status_url: 'https://elsewhere.example/fal-ai/kling-video/requests/r1/status',
    response_url: 'not a url',
  }
  assert.deepEqual(await kept(context, () => elsewhere), documented)
  assert.deepEqual(await kept(context, () => ({})), documented)
})

test('fal start: an id without a status is unknown', async (context) => {
  const { provider } = await openSubject(context, subject, answer(json(200, { request_id: ID })))
  await assert.rejects(provider.start(startRequest('fal-ai/veo3.1')), SubmitUnknown)
})

const CANCELS: readonly CancelCase[] = [
  ['202 and a request for it', json(202, { status: 'CANCELLATION_REQUESTED' }), 'cancelled'],
  ['taken out of the queue', json(200, { status: 'OK' }), 'cancelled'],
  ['400 of one that is over', json(400, { status: 'ALREADY_COMPLETED' }), 'refused'],
  ['200 of one that is over', json(200, { status: 'ALREADY_COMPLETED' }), 'refused'],
  ['404 of an unknown one', json(404, { status: 'NOT_FOUND' }), 'refused'],
  ['a refusal in words', json(404, fixtures.no_such_request), 'refused'],
  ['another word', json(202, { status: 'IN_PROGRESS' }), null],
  ['the word with an outage', json(500, { status: 'CANCELLATION_REQUESTED' }), null],
  ['a wrong key', json(401, fixtures.unauthenticated), null],
  ['an empty 202', { status: 202, body: '' }, null],
  ['a page', html(200), null],
]

cancelCases('fal', subject, { request: ['PUT', `${RESPONSE}/cancel`], cases: CANCELS })

test('fal cancel: what a result is asked with does not belong to it', async (context) => {
  const { provider, upstream } = await openSubject(context, subject, answer(json(200, { status: 'OK' })))
  await provider.cancel?.({ ...operation, responsePath: `${RESPONSE}?x=1` }, signal)
  assert.equal(upstream.seen[0]?.path, `${RESPONSE}/cancel`)
})

type Case = { model: string; request?: object; inputs?: ReturnType<typeof inputFile>[]; fields: object }
const uri = (text: string): string => `data:image/png;base64,${Buffer.from(text).toString('base64')}`
const KLING = 'fal-ai/kling-video/v2.5-turbo/pro'

const BODIES: readonly Case[] = [
  { model: 'fal-ai/veo3.1', fields: {} },
  {
    model: 'fal-ai/veo3.1/fast',
    request: { seconds: '6', size: '1920x1080', negativePrompt: 'rain', seed: 7, generateAudio: false },
    fields: {
      duration: '6s',
      aspect_ratio: '16:9',
      resolution: '1080p',
      negative_prompt: 'rain',
      seed: 7,
      generate_audio: false,
    },
  },
  {
    model: 'fal-ai/veo3.1/first-last-frame-to-video',
    request: { aspectRatio: 'auto' },
    inputs: [inputFile('first_frame', 'a'), inputFile('last_frame', 'b')],
    fields: { aspect_ratio: 'auto', first_frame_url: uri('a'), last_frame_url: uri('b') },
  },
  {
    model: `${KLING}/text-to-video`,
    request: {
      seconds: '10',
      aspectRatio: '9:16',
      negativePrompt: 'rain',
      providerOptions: { cfg_scale: 0.5 },
    },
    fields: { duration: '10', aspect_ratio: '9:16', negative_prompt: 'rain', cfg_scale: 0.5 },
  },
  {
    model: `${KLING}/image-to-video`,
    inputs: [inputFile('reference', 'a'), inputFile('reference', 'b')],
    fields: { image_url: uri('a'), tail_image_url: uri('b') },
  },
  {
    model: 'fal-ai/bytedance/seedance/v1.5/pro/image-to-video',
    request: { seconds: '8', size: '1280x720', seed: 7 },
    inputs: [inputFile('first_frame', 'a'), inputFile('last_frame', 'b')],
    fields: {
      duration: '8',
      seed: 7,
      resolution: '720p',
      aspect_ratio: '16:9',
      image_url: uri('a'),
      end_image_url: uri('b'),
    },
  },
  {
    model: 'somebody/new-model/v2',
    request: { seconds: '5', size: '1280x720', providerOptions: { num_frames: 81, prompt: 'other' } },
    inputs: [inputFile('first_frame', 'a')],
    fields: { duration: '5', resolution: '720p', aspect_ratio: '16:9', num_frames: 81, image_url: uri('a') },
  },
  { model: 'fal-ai/veo3/fast', request: { seconds: '8' }, fields: { duration: '8s' } },
]

for (const { model, request, inputs = [], fields } of BODIES) {
  test(`fal start: ${model} with ${JSON.stringify({ request, files: inputs.length })}`, async (context) => {
    const { provider, upstream } = await openSubject(context, subject, answer(json(200, fixtures.created)))
    const given = { request: { ...plainRequest(model), ...request }, inputs }
    assert.deepEqual(await provider.start(startRequest(model, given)), { kind: 'accepted', operation })
    const [seen] = upstream.seen
    assert.equal(seen?.path, `/${model}`)
    assert.equal(seen?.headers.authorization, 'Key key_1')
    assert.deepEqual(JSON.parse(seen?.body ?? ''), { prompt: 'a red ball rolls over a table', ...fields })
  })
}

const REFUSED: readonly (Omit<Case, 'fields'> & { why: RegExp })[] = [
  { model: 'veo3', why: /name it as owner\/app/ },
  { model: 'fal-ai/../admin', why: /name it as owner\/app/ },
  { model: 'fal-ai/veo3?x=1', why: /name it as owner\/app/ },
  { model: `${KLING}/image-to-video`, why: /needs a first_frame/ },
  {
    model: `${KLING}/image-to-video`,
    inputs: [inputFile('last_frame', 'b')],
    why: /needs a first_frame/,
  },
  { model: 'fal-ai/veo3.1', inputs: [inputFile('first_frame', 'a')], why: /takes no pictures/ },
  {
    model: 'somebody/new-model',
    inputs: [inputFile('first_frame', 'a'), inputFile('last_frame', 'b')],
    why: /takes no last_frame/,
  },
  { model: 'somebody/new-model', inputs: [inputFile('video', 'v')], why: /pictures only/ },
  { model: `${KLING}/text-to-video`, request: { seed: 7 }, why: /has no seed/ },
  {
    model: 'fal-ai/minimax/hailuo-02/standard/text-to-video',
    request: { seed: 7, negativePrompt: 'rain' },
    why: /has no negative_prompt and no seed/,
  },
  { model: 'somebody/new-model', request: { size: '1000x37' }, why: /cannot make this/ },
]

for (const { model, request, inputs = [], why } of REFUSED) {
  test(`fal start: ${model} is refused before anything is sent: ${why.source}`, async (context) => {
    const { provider, upstream } = await openSubject(context, subject, answer(json(200, fixtures.created)))
    const given = { request: { ...plainRequest(model), ...request }, inputs }
    const outcome = await provider.start(startRequest(model, given))
    assert.equal(outcome.kind === 'rejected' ? outcome.code : outcome.kind, 'invalid_input')
    assert.match(outcome.kind === 'rejected' ? outcome.detail : '', why)
    assert.equal(upstream.seen.length, 0)
  })
}
