import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SubmitUnknown } from '../../src/providers/provider.ts'
import fixtures from '../../src/providers/vertex/fixtures/answers.json' with { type: 'json' }
import { createVertex } from '../../src/providers/vertex/index.ts'
import { answer, json, startFaultServer } from './fault-server.ts'
import { refusalCases, type RefusalCase } from './provider-cases.ts'
import { providerContract } from './provider-contract.ts'
import {
  inputFile,
  openSubject,
  plainRequest,
  startRequest,
  type ProviderSubject,
} from './provider-subject.ts'
import { ID, MODEL, OPERATION, PARENT, STORED, TOKEN, vertexSubject as subject } from './vertex-subject.ts'

const signal = new AbortController().signal

providerContract('vertex', subject)

test('vertex probe: asks by POST under the model, with the token', async (context) => {
  const { provider, upstream } = await openSubject(context, subject, answer(json(200, fixtures.running)))
  await provider.probe(OPERATION, signal)
  const [seen] = upstream.seen
  assert.deepEqual(
    [seen?.method, seen?.path, seen?.headers.authorization, JSON.parse(seen?.body ?? '')],
    ['POST', `/v1/${PARENT}:fetchPredictOperation`, `Bearer ${TOKEN}`, { operationName: ID }],
  )
})

for (const name of [
  'operations/abc',
  `${PARENT}/operations/..`,
  `../${ID}`,
  `${ID}?a=b`,
  `${PARENT}/a/operations/b`,
  ID.replace(/^projects\/[^/]+/, 'projects/..'),
]) {
  test(`vertex: ${name} is no name of an operation`, async (context) => {
    const { provider, upstream } = await openSubject(context, subject, answer(json(200, { name })))
    await assert.rejects(provider.probe({ providerTaskId: name }, signal), { name: 'ProbeUnavailable' })
    await assert.rejects(provider.start(startRequest(MODEL)), SubmitUnknown)
    assert.equal(typeof provider.operationOf?.(name, { model: null, endpoint: null }), 'string')
    assert.equal(upstream.posts(), 1)
  })
}

test('vertex: a whole name is an operation', async (context) => {
  const { provider } = await openSubject(context, subject, answer(json(200, {})))
  assert.deepEqual(provider.operationOf?.(ID, { model: null, endpoint: null }), OPERATION)
})

test('vertex start: overloaded proves nothing', async (context) => {
  const { provider } = await openSubject(context, subject, answer(json(503, fixtures.overloaded)))
  await assert.rejects(provider.start(startRequest(MODEL)), SubmitUnknown)
})

test('vertex open: an object goes by its path, its name escaped, with the token', async (context) => {
  const { provider, upstream } = await openSubject(context, subject, answer(json(404, {})))
  const output = { role: 'video', ref: 'gs://bucket/a folder/100%/clip?1.mp4' } as const
  await assert.rejects(provider.open(output, OPERATION, signal), { name: 'OutputGone' })
  const [seen] = upstream.seen
  assert.deepEqual(
    [seen?.method, seen?.path, seen?.headers.authorization],
    ['GET', '/bucket/a%20folder/100%25/clip%3F1.mp4', `Bearer ${TOKEN}`],
  )
})

test('vertex: with a token of its own, nothing is asked of Google', async (context) => {
  const elsewhere = await startFaultServer(answer(json(404, {})))
  context.after(() => elsewhere.close())
  const apart: ProviderSubject = {
    ...subject,
    open: ({ baseUrl, guarded, clock }) =>
      createVertex({
        project: 'p-1',
        accessToken: TOKEN,
        baseUrl,
        storageBaseUrl: elsewhere.baseUrl,
        guarded,
        clock,
      }),
  }
  const { provider, upstream } = await openSubject(context, apart, answer(json(200, fixtures.created)))
  await provider.start(startRequest(MODEL))
  await assert.rejects(provider.open({ role: 'video', ref: STORED }, OPERATION, signal), {
    name: 'OutputGone',
  })
  assert.deepEqual([upstream.seen.length, elsewhere.seen.length], [1, 1])
})

const PROMPT = 'a red ball rolls over a table'
const FIRST = { bytesBase64Encoded: Buffer.from('first').toString('base64'), mimeType: 'image/png' }
const LAST = { bytesBase64Encoded: Buffer.from('last').toString('base64'), mimeType: 'image/png' }

type BodyCase = readonly [
  title: string,
  model: string,
  request: object,
  files: [string, string][],
  body: object,
]

const BODIES: readonly BodyCase[] = [
  [
    'text alone, with sound, said aloud',
    MODEL,
    {},
    [],
    { instances: [{ prompt: PROMPT }], parameters: { sampleCount: 1, generateAudio: true } },
  ],
  [
    'pixels as a tier and a ratio',
    MODEL,
    { size: '1080x1920', seconds: '8', seed: 7, negativePrompt: 'rain', generateAudio: false },
    [],
    {
      instances: [{ prompt: PROMPT }],
      parameters: {
        sampleCount: 1,
        aspectRatio: '9:16',
        resolution: '1080p',
        durationSeconds: 8,
        seed: 7,
        negativePrompt: 'rain',
        generateAudio: false,
      },
    },
  ],
  [
    'both frames, its own options and no bucket of somebody else',
    MODEL,
    {
      resolution: '4k',
      providerOptions: { personGeneration: 'allow_adult', resizeMode: 'crop', storageUri: 'gs://x' },
    },
    [
      ['first_frame', 'first'],
      ['last_frame', 'last'],
    ],
    {
      instances: [{ prompt: PROMPT, image: FIRST, lastFrame: LAST }],
      parameters: {
        personGeneration: 'allow_adult',
        resizeMode: 'crop',
        sampleCount: 1,
        resolution: '4k',
        generateAudio: true,
      },
    },
  ],
  [
    'references',
    MODEL,
    {},
    [['reference', 'first']],
    {
      instances: [{ prompt: PROMPT, referenceImages: [{ image: FIRST, referenceType: 'asset' }] }],
      parameters: { sampleCount: 1, generateAudio: true },
    },
  ],
  [
    'a model outside the catalog: nothing about sound',
    'veo-2.0-generate-001',
    { size: '1280x720', seconds: '5' },
    [['reference', 'first']],
    {
      instances: [{ prompt: PROMPT, image: FIRST }],
      parameters: { sampleCount: 1, aspectRatio: '16:9', resolution: '720p', durationSeconds: 5 },
    },
  ],
]

for (const [title, model, given, files, expected] of BODIES) {
  test(`vertex start: ${title}`, async (context) => {
    const { provider, upstream } = await openSubject(context, subject, answer(json(200, fixtures.created)))
    const inputs = files.map(([role, content]) => inputFile(role as 'reference', content))
    await provider.start(startRequest(model, { request: { ...plainRequest(model), ...given }, inputs }))
    const [seen] = upstream.seen
    const parent = '/v1/projects/p-1/locations/us-central1/publishers/google/models'
    assert.equal(seen?.path, `${parent}/${model}:predictLongRunning`)
    assert.deepEqual(JSON.parse(seen?.body ?? ''), expected)
  })
}

test('vertex start: in another location, with a bucket for the results', async (context) => {
  const elsewhere: ProviderSubject = {
    ...subject,
    open: ({ baseUrl, guarded, clock }) => {
      const place = { project: 'p-1', location: 'europe-west4', storageUri: 'gs://bucket/videos' }
      return createVertex({ ...place, accessToken: TOKEN, baseUrl, guarded, clock })
    },
  }
  const { provider, upstream } = await openSubject(context, elsewhere, answer(json(200, fixtures.created)))
  await provider.start(startRequest(MODEL))
  const [seen] = upstream.seen
  assert.match(seen?.path ?? '', /^\/v1\/projects\/p-1\/locations\/europe-west4\//)
  assert.equal(JSON.parse(seen?.body ?? '').parameters.storageUri, 'gs://bucket/videos')
})

const REFUSED: readonly RefusalCase[] = [
  ['pixels that no tier has', 'veo-9', { size: '1000x1000' }, [], /aspect_ratio is one of 16:9, 9:16/],
  ['frames with references', MODEL, {}, ['reference', 'first_frame'], /not both together/],
]

refusalCases('vertex', subject, REFUSED)

test('vertex check: the list of models, or what is wrong', async (context) => {
  for (const body of [fixtures.models, {}]) {
    const good = await openSubject(context, subject, answer(json(200, body)))
    assert.equal((await good.provider.check?.(signal))?.ok, true)
    assert.equal(good.upstream.seen[0]?.path, '/v1/projects/p-1/locations/us-central1/models?pageSize=1')
  }
  const bad = await openSubject(context, subject, answer(json(401, fixtures.bad_token)))
  const detail = 'Request had invalid authentication credentials. (UNAUTHENTICATED) (HTTP 401)'
  assert.deepEqual(await bad.provider.check?.(signal), { ok: false, detail })
})
