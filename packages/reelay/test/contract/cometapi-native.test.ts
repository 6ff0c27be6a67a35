import assert from 'node:assert/strict'
import { test } from 'node:test'
import fixtures from '../../src/providers/cometapi/fixtures/answers.json' with { type: 'json' }
import { answer, html, json } from './fault-server.ts'
import {
  GROK_ID,
  grokSubject,
  KLING_ID,
  klingSubject,
  RUNWAY_ID,
  runwaySubject,
} from './cometapi-native-subjects.ts'
import { noVerdictCases, refusalCases, type RefusalCase } from './provider-cases.ts'
import { providerContract } from './provider-contract.ts'
import {
  inputFile,
  openSubject,
  plainRequest,
  startRequest,
  type ProviderSubject,
} from './provider-subject.ts'

const signal = new AbortController().signal
const PROMPT = 'a red ball rolls over a table'

/** Runway's route makes nothing without a picture: a start of the suite gets one. */
const withPicture = (subject: ProviderSubject): ProviderSubject => ({
  ...subject,
  open: (given) => {
    const provider = subject.open(given)
    const inputs = [inputFile('first_frame', 'first')]
    return { ...provider, start: async (start) => provider.start({ ...start, inputs }) }
  },
})

const SUBJECTS: Readonly<Record<string, ProviderSubject>> = {
  'cometapi kling': klingSubject,
  'cometapi runway': withPicture(runwaySubject),
  'cometapi xai': grokSubject,
}

const ids: Readonly<Record<string, string>> = {
  'cometapi kling': KLING_ID,
  'cometapi runway': RUNWAY_ID,
  'cometapi xai': GROK_ID,
}

for (const [name, subject] of Object.entries(SUBJECTS)) {
  providerContract(name, subject)

  const success = { ...fixtures.wrapper_done, data: { ...fixtures.wrapper_done.data, task_id: ids[name] } }
  noVerdictCases(name, subject, {
    'the wrapper of another job': json(200, fixtures.wrapper_done),
    'the wrapper with an error status': json(500, success),
    'a 404 in words of the route': json(404, { error: { message: 'Not found', code: 'not_found' } }),
    'a redirect': html(301, { location: '/' }),
  })
}

type Case = {
  subject: ProviderSubject
  model: string
  request?: object
  inputs?: ReturnType<typeof inputFile>[]
  path: string
  asked: string
  body: object
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')
const KLING = '/kling/v1/videos'

const BODIES: readonly Case[] = [
  {
    subject: klingSubject,
    model: 'kling-v2-6',
    request: { seconds: '10', size: '1920x1080', negativePrompt: 'rain', generateAudio: false },
    path: `${KLING}/text2video`,
    asked: `${KLING}/text2video/${KLING_ID}`,
    body: {
      model_name: 'kling-v2-6',
      prompt: PROMPT,
      negative_prompt: 'rain',
      mode: 'pro',
      duration: '10',
      aspect_ratio: '16:9',
      external_task_id: 'token_1',
    },
  },
  {
    subject: klingSubject,
    model: 'kling-v2-5-turbo',
    inputs: [inputFile('first_frame', 'first'), inputFile('last_frame', 'last')],
    path: `${KLING}/image2video`,
    asked: `${KLING}/image2video/${KLING_ID}`,
    body: {
      model_name: 'kling-v2-5-turbo',
      prompt: PROMPT,
      image: base64('first'),
      image_tail: base64('last'),
      external_task_id: 'token_1',
    },
  },
  {
    subject: klingSubject,
    model: 'kling-v1-6',
    inputs: [inputFile('reference', 'a'), inputFile('reference', 'b')],
    path: `${KLING}/multi-image2video`,
    asked: `${KLING}/multi-image2video/${KLING_ID}`,
    body: {
      model_name: 'kling-v1-6',
      prompt: PROMPT,
      image_list: [{ image: base64('a') }, { image: base64('b') }],
      external_task_id: 'token_1',
    },
  },
  {
    subject: klingSubject,
    model: 'kling/kling-v1-5',
    path: `${KLING}/text2video`,
    asked: `${KLING}/text2video/${KLING_ID}`,
    body: { model_name: 'kling-v1-5', prompt: PROMPT, external_task_id: 'token_1' },
  },
  {
    subject: runwaySubject,
    model: 'gen4_turbo',
    request: { seconds: '5', resolution: '720p', aspectRatio: '9:16', seed: 7 },
    inputs: [inputFile('first_frame', 'first')],
    path: '/runwayml/v1/image_to_video',
    asked: `/runwayml/v1/tasks/${RUNWAY_ID}`,
    body: {
      model: 'gen4_turbo',
      promptText: PROMPT,
      promptImage: 'https://gateway.example/v1/inputs/first_frame?sig=1',
      ratio: '720:1280',
      duration: 5,
      seed: 7,
    },
  },
  {
    subject: runwaySubject,
    model: 'runwayml/gen3a_turbo',
    request: { size: '1280x768' },
    inputs: [inputFile('reference', 'first')],
    path: '/runwayml/v1/image_to_video',
    asked: `/runwayml/v1/tasks/${RUNWAY_ID}`,
    body: {
      model: 'gen3a_turbo',
      promptText: PROMPT,
      promptImage: 'https://gateway.example/v1/inputs/reference?sig=1',
      ratio: '1280:768',
    },
  },
  {
    subject: grokSubject,
    model: 'grok-imagine-video',
    request: { seconds: '8', size: '1280x720' },
    inputs: [inputFile('reference', 'first')],
    path: '/grok/v1/videos/generations',
    asked: `/grok/v1/videos/${GROK_ID}`,
    body: {
      model: 'grok-imagine-video',
      prompt: PROMPT,
      duration: 8,
      aspect_ratio: '16:9',
      resolution: '720p',
      image: { url: `data:image/png;base64,${base64('first')}` },
    },
  },
]

for (const { subject, model, request, inputs = [], path, asked, body } of BODIES) {
  test(`cometapi start: ${model} on ${path}, and asked for at the same place`, async (context) => {
    const { provider, upstream } = await openSubject(context, subject, answer(subject.accepted.reply))
    const given = { request: { ...plainRequest(model), ...request }, inputs }
    const outcome = await provider.start(startRequest(model, given))
    assert.ok(outcome.kind === 'accepted')
    // What is stored comes back as JSON.
    await provider.probe(JSON.parse(JSON.stringify(outcome.operation)), signal).catch(() => null)
    const [create, look] = upstream.seen
    assert.deepEqual(JSON.parse(create?.body ?? ''), body)
    assert.deepEqual([create?.path, look?.method, look?.path], [path, 'GET', asked])
    const version = subject === runwaySubject ? '2024-11-06' : undefined
    for (const seen of upstream.seen) {
      assert.equal(seen.headers.authorization, 'Bearer key_1')
      assert.equal(seen.headers['x-runway-version'], version)
    }
  })
}

const RUNWAY_NEEDS = /from one picture: give a first_frame, and no more/
const REFUSED: readonly RefusalCase[] = [
  ['Kling with a seed', 'kling-v2-6', { seed: 7 }, [], /Kling has no seed/],
  ['Kling with frames and references', 'kling-v1-6', {}, ['first_frame', 'reference'], /not both together/],
  ['Runway without a picture', 'gen4_turbo', {}, [], /needs a first_frame/],
  ['another Runway without a picture', 'runwayml/gen3a_turbo', {}, [], RUNWAY_NEEDS],
  ['Runway with two pictures', 'runwayml/gen3a_turbo', {}, ['first_frame', 'last_frame'], RUNWAY_NEEDS],
  ['Runway with a last frame only', 'runwayml/gen3a_turbo', {}, ['last_frame'], RUNWAY_NEEDS],
  ['xAI with a last frame', 'grok-imagine-video', {}, ['last_frame'], /no last frame/],
  ['xAI with a negative prompt', 'grok-imagine-video', { negativePrompt: 'x' }, [], /no negative_prompt/],
]

refusalCases('cometapi', klingSubject, REFUSED)

test('cometapi start: a picture without a link is an error before anything is sent', async (context) => {
  const { provider, upstream } = await openSubject(context, runwaySubject, answer(json(200, {})))
  const picture = {
    ...inputFile('first_frame', 'first'),
    publicUrl: () => {
      throw new Error('no address')
    },
  }
  await assert.rejects(provider.start(startRequest('gen4_turbo', { inputs: [picture] })), /no address/)
  assert.equal(upstream.seen.length, 0)
})

test('cometapi models: how files reach each route, and what its pages do not have', async (context) => {
  const { provider } = await openSubject(context, klingSubject, answer(json(200, {})))
  const models = new Map(provider.models().map((model) => [model.id, model]))
  assert.deepEqual(
    ['wan2.6', 'kling-v3', 'gen4_turbo', 'grok-imagine-video'].map((id) => models.get(id)?.inputs),
    [undefined, 'data_uri', 'url', 'data_uri'],
  )
  assert.deepEqual(models.get('kling-v3')?.capabilities?.seconds?.values, [5, 10])
  assert.equal(models.get('kling-v3')?.capabilities?.audio, 'never')
  assert.deepEqual(models.get('grok-imagine-video')?.capabilities?.inputs, { first_frame: 1 })
  assert.equal(models.get('grok-imagine-video-1.5'), undefined)
})

test('cometapi probe: an operation of no route of its own is not asked for', async (context) => {
  const { provider, upstream } = await openSubject(
    context,
    klingSubject,
    answer(json(200, fixtures.kling_done)),
  )
  for (const route of [
    { dialect: 'kling', path: '/v1/elsewhere' },
    { dialect: 'kling', path: '/runwayml/v1/tasks' },
    { dialect: 'kling' },
    { dialect: 'volc', path: `${KLING}/text2video` },
    { dialect: 7, path: `${KLING}/text2video` },
  ]) {
    const look = provider.probe({ providerTaskId: KLING_ID, ...route }, signal)
    await assert.rejects(look, /stored without its route/)
  }
  assert.equal(upstream.seen.length, 0)
})

const ADOPTED: readonly [model: string | null, endpoint: string | null, expected: object | RegExp][] = [
  [null, null, { providerTaskId: 'job_1' }],
  ['wan2.6', null, { providerTaskId: 'job_1' }],
  ['gen4_turbo', null, { providerTaskId: 'job_1', dialect: 'runwayml', path: '/runwayml/v1/tasks' }],
  ['grok/grok-new', null, { providerTaskId: 'job_1', dialect: 'grok', path: '/grok/v1/videos' }],
  ['kling-v2-6', 'image2video', { providerTaskId: 'job_1', dialect: 'kling', path: `${KLING}/image2video` }],
  ['kling-v2-6', null, /give endpoint, one of text2video, image2video, multi-image2video/],
  ['kling-v2-6', 'elsewhere', /give endpoint/],
]

for (const [model, endpoint, expected] of ADOPTED) {
  test(`cometapi: the operation of a job of ${model} made elsewhere (${endpoint})`, async (context) => {
    const { provider } = await openSubject(context, klingSubject, answer(json(200, {})))
    const operation = provider.operationOf?.('job_1', { model, endpoint })
    if (expected instanceof RegExp) assert.match(JSON.stringify(operation), expected)
    else assert.deepEqual(operation, expected)
  })
}

test('cometapi probe: an id is never read as a path', async (context) => {
  const { provider, upstream } = await openSubject(context, klingSubject, answer(json(200, {})))
  const operation = { ...klingSubject.accepted.operation, providerTaskId: 'a/b:c' }
  await assert.rejects(provider.probe(operation, signal), { name: 'ProbeUnavailable' })
  assert.equal(upstream.seen[0]?.path, `${KLING}/text2video/a%2Fb%3Ac`)
})
