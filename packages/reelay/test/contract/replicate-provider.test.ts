import assert from 'node:assert/strict'
import { test } from 'node:test'
import fixtures from '../../src/providers/replicate/fixtures/answers.json' with { type: 'json' }
import { answer, html, json, type Behaviour, type Reply } from './fault-server.ts'
import { providerContract } from './provider-contract.ts'
import { inputFile, openSubject, plainRequest, startRequest } from './provider-subject.ts'
import {
  REPLICATE_ID as ID,
  replicateOperation as operation,
  replicateSubject as subject,
} from './replicate-subject.ts'

const NOW_MS = 1_790_000_000_000
const signal = new AbortController().signal

providerContract('replicate', subject)

test('replicate start: is called at the end only', async (context) => {
  const { provider, upstream } = await openSubject(context, subject, answer(json(201, fixtures.created)))
  const callbackUrl = 'https://gate.example/hooks/replicate/token'
  await provider.start(startRequest('google/veo-3.1', { callbackUrl }))
  await provider.start(startRequest('somebody/new-model:632231d0aa11', { callbackUrl }))
  for (const { body } of upstream.seen) {
    const { webhook, webhook_events_filter } = JSON.parse(body)
    assert.deepEqual([webhook, webhook_events_filter], [callbackUrl, ['completed']])
  }
  assert.equal(upstream.posts(), 2)
})

test('replicate probe: an error of the API is no verdict', async (context) => {
  const { provider } = await openSubject(context, subject, answer(json(422, fixtures.invalid)))
  await assert.rejects(provider.probe(operation, signal), { name: 'ProbeUnavailable' })
})

test('replicate probe: asks by the id, at its own base only', async (context) => {
  const { provider, upstream } = await openSubject(context, subject, answer(json(404, fixtures.not_found)))
  await provider.probe({ providerTaskId: 'a/b:c' }, signal)
  const [seen] = upstream.seen
  assert.deepEqual([seen?.method, seen?.path], ['GET', '/v1/predictions/a%2Fb%3Ac'])
  assert.equal(seen?.headers.authorization, 'Bearer key_1')
})

const CANCELS: readonly [title: string, reply: Reply, expected: 'cancelled' | 'refused'][] = [
  ['stopped', json(200, fixtures.cancelled), 'cancelled'],
  ['told to stop while it runs', json(200, fixtures.running), 'cancelled'],
  ['too late', json(200, fixtures.succeeded), 'refused'],
  ['failed before', json(200, fixtures.failed), 'refused'],
]

for (const [title, reply, expected] of CANCELS) {
  test(`replicate cancel: ${title}`, async (context) => {
    const { provider, upstream } = await openSubject(context, subject, answer(reply))
    assert.equal(await provider.cancel?.(operation, signal), expected)
    assert.deepEqual(
      [upstream.seen[0]?.method, upstream.seen[0]?.path],
      ['POST', `/v1/predictions/${ID}/cancel`],
    )
  })
}

const NO_CANCELS: Readonly<Record<string, Reply>> = {
  'another job': json(200, { ...fixtures.cancelled, id: 'another' }),
  'a page': html(200),
  'no such prediction': json(404, fixtures.not_found),
  'the job with an error status': json(500, fixtures.cancelled),
}

for (const [title, reply] of Object.entries(NO_CANCELS)) {
  test(`replicate cancel: ${title} says nothing`, async (context) => {
    const { provider } = await openSubject(context, subject, answer(reply))
    await assert.rejects(async () => provider.cancel?.(operation, signal), { name: 'ProbeUnavailable' })
  })
}

test('replicate check: says whether the key is good', async (context) => {
  const good = await openSubject(context, subject, answer(json(200, fixtures.account)))
  assert.deepEqual(await good.provider.check?.(signal), { ok: true, detail: 'credentials accepted' })
  assert.equal(good.upstream.seen[0]?.path, '/v1/account')
  const bad = await openSubject(context, subject, answer(json(401, fixtures.unauthenticated)))
  const detail = 'You did not pass a valid authentication token (HTTP 401)'
  assert.deepEqual(await bad.provider.check?.(signal), { ok: false, detail })
})

/** Says that it is too long for a data URI. */
const largeFile = (...[role, content]: Parameters<typeof inputFile>): ReturnType<typeof inputFile> => ({
  ...inputFile(role, content),
  bytes: 1_000_001,
})

type Case = {
  model: string
  request?: object
  inputs?: ReturnType<typeof inputFile>[]
  path?: string
  version?: string
  input: object
}
const uri = (text: string): string => `data:image/png;base64,${Buffer.from(text).toString('base64')}`

const BODIES: readonly Case[] = [
  { model: 'google/veo-3.1', input: {} },
  {
    model: 'google/veo-3.1',
    request: { seconds: '6', size: '720x1280', negativePrompt: 'rain', seed: 7, generateAudio: true },
    inputs: [inputFile('reference', 'a'), inputFile('reference', 'b')],
    input: {
      duration: 6,
      aspect_ratio: '9:16',
      resolution: '720p',
      negative_prompt: 'rain',
      seed: 7,
      generate_audio: true,
      reference_images: [uri('a'), uri('b')],
    },
  },
  {
    model: 'bytedance/seedance-1-pro',
    request: {
      seconds: '12',
      resolution: '1080p',
      seed: 7,
      generateAudio: false,
      providerOptions: { fps: 24, camera_fixed: true },
    },
    inputs: [inputFile('first_frame', 'a'), inputFile('last_frame', 'b')],
    input: {
      duration: 12,
      resolution: '1080p',
      seed: 7,
      fps: 24,
      camera_fixed: true,
      image: uri('a'),
      last_frame_image: uri('b'),
    },
  },
  {
    model: 'kwaivgi/kling-v2.1',
    request: { seconds: '10', resolution: '1080p', negativePrompt: 'rain' },
    inputs: [inputFile('reference', 'a')],
    input: { duration: 10, mode: 'pro', negative_prompt: 'rain', start_image: uri('a') },
  },
  {
    model: 'somebody/new-model',
    request: { seconds: '5', size: '1280x720', providerOptions: { num_frames: 81, prompt: 'other' } },
    inputs: [inputFile('first_frame', 'a')],
    input: { duration: 5, resolution: '720p', aspect_ratio: '16:9', num_frames: 81, image: uri('a') },
  },
  {
    model: 'somebody/new-model:632231d0aa11',
    path: '/v1/predictions',
    version: '632231d0aa11',
    input: {},
  },
]

for (const { model, request, inputs = [], path, version, input } of BODIES) {
  test(`replicate start: ${model} with ${JSON.stringify({ request, files: inputs.length })}`, async (context) => {
    const { provider, upstream } = await openSubject(context, subject, answer(json(201, fixtures.created)))
    const given = { request: { ...plainRequest(model), ...request }, inputs }
    assert.deepEqual(await provider.start(startRequest(model, given)), { kind: 'accepted', operation })
    const [seen] = upstream.seen
    assert.equal(seen?.path, path ?? `/v1/models/${model}/predictions`)
    assert.equal(seen?.headers.authorization, 'Bearer key_1')
    assert.deepEqual(JSON.parse(seen?.body ?? ''), {
      ...(version === undefined ? {} : { version }),
      input: { prompt: 'a red ball rolls over a table', ...input },
    })
  })
}

const REFUSED: readonly (Omit<Case, 'input'> & { why: RegExp })[] = [
  { model: 'veo-3', why: /name it as owner\/name/ },
  { model: 'google/../account', why: /name it as owner\/name/ },
  { model: 'google/veo-3/predictions', why: /name it as owner\/name/ },
  { model: 'google/veo-3:latest', why: /name it as owner\/name/ },
  { model: 'kwaivgi/kling-v2.1', why: /needs a first_frame/ },
  { model: 'google/veo-3.1', inputs: [inputFile('last_frame', 'b')], why: /only with a first_frame/ },
  {
    model: 'google/veo-3.1',
    inputs: [inputFile('first_frame', 'a'), inputFile('reference', 'b')],
    why: /not both together/,
  },
  {
    model: 'google/veo-3',
    inputs: [inputFile('first_frame', 'a'), inputFile('last_frame', 'b')],
    why: /takes no last_frame/,
  },
  { model: 'google/veo-3', inputs: [inputFile('video', 'v')], why: /pictures only/ },
  {
    model: 'kwaivgi/kling-v2.1',
    request: { seed: 7 },
    inputs: [inputFile('first_frame', 'a')],
    why: /no seed/,
  },
  { model: 'bytedance/seedance-1-pro', request: { negativePrompt: 'rain' }, why: /no negative_prompt/ },
  {
    model: 'google/veo-3',
    request: { size: '1000x37' },
    inputs: [largeFile('first_frame', 'a')],
    why: /cannot make this/,
  },
]

for (const { model, request, inputs = [], why } of REFUSED) {
  test(`replicate start: ${model} is refused before anything is sent: ${why.source}`, async (context) => {
    const { provider, upstream } = await openSubject(context, subject, answer(json(201, fixtures.created)))
    const given = { request: { ...plainRequest(model), ...request }, inputs }
    const outcome = await provider.start(startRequest(model, given))
    assert.equal(outcome.kind === 'rejected' ? outcome.code : outcome.kind, 'invalid_input')
    assert.match(outcome.kind === 'rejected' ? outcome.detail : '', why)
    assert.equal(upstream.seen.length, 0)
  })
}

const FILES = '/v1/files'

test('replicate start: files that are too long for a data URI are uploaded, in order', async (context) => {
  let uploads = 0
  const behave: Behaviour = (request, response) => {
    if (request.path === FILES) uploads += 1
    const link = `https://api.replicate.example/v1/files/${uploads}`
    const reply = request.path === FILES ? { ...fixtures.file, urls: { get: link } } : fixtures.created
    answer(json(201, reply))(request, response)
  }
  const { provider, upstream } = await openSubject(context, subject, behave)
  const inputs = [
    largeFile('reference', 'large 1'),
    inputFile('reference', 'b'),
    largeFile('reference', 'large 2'),
  ]
  const outcome = await provider.start(startRequest('google/veo-3.1', { inputs }))
  assert.deepEqual(outcome, { kind: 'accepted', operation })
  const [first, second, create] = upstream.seen
  assert.deepEqual([first?.path, second?.path], [FILES, FILES])
  assert.match(first?.body ?? '', /name="content"; filename="reference.png"[^]*large 1/)
  assert.match(second?.body ?? '', /large 2/)
  assert.deepEqual(JSON.parse(create?.body ?? '').input.reference_images, [
    'https://api.replicate.example/v1/files/1',
    uri('b'),
    'https://api.replicate.example/v1/files/2',
  ])
})

const REST = { retryAtMs: NOW_MS + 60_000, pauseAccountMs: 60_000 }

const UPLOADS: Readonly<Record<string, { reply: Reply; expected: object }>> = {
  'a file that is too long': {
    reply: json(413, { detail: 'File too large' }),
    expected: { kind: 'rejected', code: 'invalid_input', detail: 'File too large' },
  },
  'a refused key': { reply: json(401, fixtures.unauthenticated), expected: { kind: 'not_sent', ...REST } },
  'a page': { reply: html(502), expected: { kind: 'not_sent' } },
  'an answer without a link': { reply: json(201, { id: 'f', urls: {} }), expected: { kind: 'not_sent' } },
}

for (const [title, { reply, expected }] of Object.entries(UPLOADS)) {
  test(`replicate start: ${title} at an upload asks for no video`, async (context) => {
    const { provider, upstream } = await openSubject(context, subject, answer(reply))
    const inputs = [largeFile('first_frame', 'a')]
    const outcome = await provider.start(startRequest('google/veo-3', { inputs }))
    assert.partialDeepStrictEqual(outcome, expected)
    assert.equal('pauseAccountMs' in outcome, 'pauseAccountMs' in expected)
    assert.deepEqual(
      upstream.seen.map(({ path }) => path),
      [FILES],
    )
  })
}
