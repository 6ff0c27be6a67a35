import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createXai } from '@ai-sdk/xai'
import fixtures from '../../src/providers/ai-sdk/fixtures/answers.json' with { type: 'json' }
import type { AiSdkModel } from '../../src/providers/ai-sdk/options.ts'
import { SubmitUnknown } from '../../src/providers/provider.ts'
import type { VideoRequest } from '../../src/task/request.ts'
import { answer, json, reset, type Behaviour } from '../contract/fault-server.ts'
import { inputFile, plainRequest, startRequest } from '../contract/provider-subject.ts'
import { MODEL, openModel, openPackage, plainModel } from './open-package.ts'
import { KEY, PACKAGES } from './packages.ts'

const PROMPT = 'a red ball rolls over a table'
const uri = (content: string): string => `data:image/png;base64,${Buffer.from(content).toString('base64')}`

const asked = (given: Partial<VideoRequest>, roles: readonly string[] = []) =>
  startRequest(MODEL, {
    request: { ...plainRequest(MODEL), ...given },
    inputs: roles.map((role) => inputFile(role as 'reference', role)),
  })

const accepts = (name: string): Behaviour => answer(json(200, PACKAGES[name]!.created))

const BODIES: readonly (readonly [
  name: string,
  title: string,
  request: Partial<VideoRequest>,
  roles: readonly string[],
  body: object,
])[] = [
  [
    'xai',
    'a tier in its own option, a ratio, a length',
    { resolution: '720p', aspectRatio: '9:16', seconds: '6' },
    [],
    { model: 'grok-imagine-video', prompt: PROMPT, duration: 6, aspect_ratio: '9:16', resolution: '720p' },
  ],
  [
    'xai',
    'a first frame',
    {},
    ['first_frame'],
    { model: 'grok-imagine-video', prompt: PROMPT, image: { url: uri('first_frame') } },
  ],
  [
    'xai',
    'a reference',
    {},
    ['reference'],
    { model: 'grok-imagine-video', prompt: PROMPT, reference_images: [{ url: uri('reference') }] },
  ],
  [
    'minimax',
    'a tier in capitals, and both frames',
    { resolution: '768p' },
    ['first_frame', 'last_frame'],
    {
      model: 'MiniMax-H3',
      content: [
        { type: 'text', text: PROMPT },
        { type: 'image_url', image_url: { url: uri('first_frame') }, role: 'first_frame' },
        { type: 'image_url', image_url: { url: uri('last_frame') }, role: 'last_frame' },
      ],
      resolution: '768P',
      duration: 5,
    },
  ],
  [
    'black-forest-labs',
    'a tier that its table knows by pixels at 16:9, whatever the ratio',
    { resolution: '1080p', aspectRatio: '9:16', generateAudio: false },
    [],
    { mode: 't2v', prompt: PROMPT, aspect_ratio: '9:16', resolution: 'fhd', generate_audio: false },
  ],
  [
    'google',
    'a tier, and words that are to be avoided',
    { resolution: '1080p', negativePrompt: 'rain' },
    [],
    {
      instances: [{ prompt: PROMPT }],
      parameters: { sampleCount: 1, resolution: '1080p', negativePrompt: 'rain' },
    },
  ],
  [
    'fal',
    'what its model ignores in silence, in its options',
    { resolution: '720p', aspectRatio: '16:9', seconds: '5', generateAudio: true, negativePrompt: 'rain' },
    [],
    {
      prompt: PROMPT,
      aspect_ratio: '16:9',
      duration: '5s',
      resolution: '720p',
      negative_prompt: 'rain',
      generate_audio: true,
    },
  ],
  [
    'gateway',
    'a tier as pixels of that very shape',
    { resolution: '720p', aspectRatio: '9:16', seconds: '5' },
    [],
    {
      prompt: PROMPT,
      n: 1,
      aspectRatio: '9:16',
      resolution: '720x1280',
      duration: 5,
      providerOptions: {},
    },
  ],
]

for (const [name, title, request, roles, body] of BODIES) {
  test(`${name} is told ${title}`, async (context) => {
    const { provider, upstream } = await openPackage(context, name, accepts(name))
    const outcome = await provider.start(asked(request, roles))
    assert.equal(outcome.kind, 'accepted', JSON.stringify(outcome))
    assert.deepEqual(JSON.parse(upstream.seen[0]?.body ?? ''), body)
  })
}

const REFUSED: readonly (readonly [
  name: string,
  title: string,
  request: Partial<VideoRequest>,
  roles: readonly string[],
  words: RegExp,
])[] = [
  [
    'minimax',
    'pixels for which it would fall back to 2K',
    { size: '1280x720' },
    [],
    /Unrecognized resolution "1280x720"/,
  ],
  ['minimax', 'a length that it would cut', { seconds: '30' }, [], /supports at most 15 seconds/],
  ['minimax', 'a seed', { seed: 7 }, [], /has no seed: leave it out/],
  [
    'black-forest-labs',
    'a tier that it would map to another',
    { resolution: '480p' },
    [],
    /renders at "hd" or "fhd"/,
  ],
  ['black-forest-labs', 'references', {}, ['reference', 'reference', 'reference'], /two files at most/],
  [
    'xai',
    'a last frame that this model ignores',
    {},
    ['first_frame', 'last_frame'],
    /only supports last_frame with/,
  ],
  ['xai', 'a tier that its options do not have', { resolution: '4k' }, [], /resolution/],
  ['xai', 'a negative prompt', { negativePrompt: 'rain' }, [], /has no negative_prompt/],
  [
    'alibaba',
    'a last frame that this model ignores',
    {},
    ['first_frame', 'last_frame'],
    /does not support last_frame/,
  ],
  ['google', 'sound, which it has no field for', { generateAudio: true }, [], /has no generate_audio/],
  [
    'fal',
    'pixels, which it ignores in silence',
    { size: '1280x720' },
    [],
    /takes no pixels: give resolution/,
  ],
  [
    'fal',
    'a last frame, which it ignores in silence',
    {},
    ['first_frame', 'last_frame'],
    /takes no last frame/,
  ],
  [
    'replicate',
    'a last frame, which it ignores in silence',
    {},
    ['first_frame', 'last_frame'],
    /takes no last frame/,
  ],
  ['gateway', 'a last frame alone', {}, ['last_frame'], /only with a first_frame/],
  ['gateway', 'an odd ratio', { aspectRatio: 'wide' }, [], /cannot be said to this model: give it like 16:9/],
]

for (const [name, title, request, roles, words] of REFUSED) {
  test(`${name} is not asked for ${title}: refused, and nothing is sent`, async (context) => {
    const { provider, upstream } = await openPackage(context, name, accepts(name))
    const outcome = await provider.start(asked(request, roles))
    assert.ok(outcome.kind === 'rejected', JSON.stringify(outcome))
    assert.equal(outcome.code, 'invalid_input')
    assert.match(outcome.detail, words)
    assert.equal(upstream.seen.length, 0)
  })
}

test('a warning may be taken: the request goes out, and the warning is kept with the job', async (context) => {
  const { provider, upstream } = await openPackage(context, 'minimax', accepts('minimax'), {
    onWarning: 'record',
  })
  const outcome = await provider.start(asked({ size: '1280x720' }))
  assert.ok(outcome.kind === 'accepted')
  assert.equal(upstream.posts(), 1)
  assert.match(JSON.stringify(outcome.operation['warnings']), /Unrecognized resolution/)
})

test('a warning that only the server gives comes too late to refuse, and is kept with the job', async (context) => {
  const warnings = [{ type: 'unsupported', feature: 'seed', details: 'no seed here' }]
  const reply = json(200, { ...fixtures.gateway.created, warnings })
  const { provider } = await openPackage(context, 'gateway', answer(reply))
  const outcome = await provider.start(asked({ seed: 7 }))
  assert.ok(outcome.kind === 'accepted')
  assert.deepEqual(outcome.operation['warnings'], warnings)
})

const withOptions = (baseUrl: string): AiSdkModel => ({
  model: ({ fetch }) => PACKAGES['xai']!.make(baseUrl, fetch),
  providerOptions: { xai: { user: 'me' }, other: { kept: true } },
})

test('options of the file and of the request go to the provider, under its own name', async (context) => {
  const bridge = await openModel(context, accepts('xai'), withOptions, { options: ['style'] })
  assert.deepEqual(bridge.provider.traits.providerOptions, ['style'])
  await bridge.provider.start(asked({ providerOptions: { style: 'noir' } }))
  assert.deepEqual(JSON.parse(bridge.upstream.seen[0]?.body ?? ''), {
    model: 'grok-imagine-video',
    prompt: PROMPT,
    user: 'me',
    style: 'noir',
  })
})

test('a missing key is the account’s fault, and nothing is sent', async (context) => {
  delete process.env['XAI_API_KEY']
  const { provider, upstream } = await openModel(context, accepts('xai'), (baseUrl) => ({
    model: ({ fetch }) => createXai({ baseURL: baseUrl, fetch }).video('grok-imagine-video'),
  }))
  const outcome = await provider.start(asked({}))
  assert.equal(outcome.kind === 'rejected' ? outcome.code : outcome.kind, 'account')
  assert.equal(upstream.seen.length, 0)
})

const insisting =
  (times: number) =>
  (baseUrl: string): AiSdkModel => ({
    model: ({ fetch }) =>
      plainModel(baseUrl, fetch, {
        doStart: async () => {
          for (let attempt = 1; ; attempt += 1) {
            try {
              const response = await fetch(`${baseUrl}/jobs`, { method: 'POST', body: '{}' })
              if (response.ok || attempt === times) return { operation: { job: '1' }, warnings: [] }
            } catch (error) {
              if (attempt === times) throw error
            }
          }
        },
      }),
  })

test('a model that sends again by itself is held back: one request leaves', async (context) => {
  for (const behave of [reset, answer(json(500, { error: { message: 'no' } })), answer(json(503, {}))]) {
    const { provider, upstream } = await openModel(context, behave, insisting(3))
    await assert.rejects(provider.start(asked({})), SubmitUnknown)
    assert.equal(upstream.seen.length, 1)
  }
  const busy = await openModel(context, answer(json(429, { error: { message: 'later' } })), insisting(3))
  assert.equal((await busy.provider.start(asked({}))).kind, 'not_sent')
  assert.equal(busy.upstream.seen.length, 1)
})

test('a model that wants to look around before it sends is held back, and nothing left', async (context) => {
  const { provider, upstream } = await openModel(context, accepts('xai'), (baseUrl) => ({
    model: ({ fetch }) =>
      plainModel(baseUrl, fetch, {
        doStart: async () => {
          await fetch(`${baseUrl}/quota`)
          return { operation: { job: '1' }, warnings: [] }
        },
      }),
  }))
  assert.equal((await provider.start(asked({}))).kind, 'not_sent')
  assert.equal(upstream.seen.length, 0)
})

test('a key that a model puts into its operation is not stored', async (context) => {
  const { provider } = await openModel(context, answer(json(200, { job: '1' })), (baseUrl) => ({
    model: ({ fetch }) =>
      plainModel(baseUrl, fetch, {
        doStart: async () => {
          const headers = { authorization: `Bearer ${KEY}` }
          await fetch(`${baseUrl}/jobs?token=${KEY}2`, { method: 'POST', body: '{}', headers })
          return { operation: { id: '7', url: `${baseUrl}/jobs/7?key=${KEY}&token=${KEY}2` }, warnings: [] }
        },
      }),
  }))
  const outcome = await provider.start(asked({}))
  assert.ok(outcome.kind === 'accepted')
  assert.equal(outcome.operation.providerTaskId, '7')
  assert.doesNotMatch(JSON.stringify(outcome.operation), /sk-canary/)
})

test('a start that is given up while nothing was sent yet says so', async (context) => {
  let starts = 0
  const bridge = await openModel(context, answer(json(200, { job: '1' })), (baseUrl) => ({
    model: ({ fetch }) => {
      const plain = plainModel(baseUrl, fetch)
      return {
        ...plain,
        doStart: async (options) => {
          starts += 1
          return starts === 1 ? plain.doStart!(options) : new Promise(() => {})
        },
      }
    },
  }))
  // Once it was seen to send with our fetch, what we do not see was not sent.
  assert.equal((await bridge.provider.start(asked({}))).kind, 'accepted')
  const controller = new AbortController()
  const started = bridge.provider.start(startRequest(MODEL, { signal: controller.signal }))
  controller.abort()
  assert.equal((await started).kind, 'not_sent')
  assert.equal(bridge.upstream.seen.length, 1)
})

test('a start that is given up at the connection was not sent, and says so', async (context) => {
  const { provider, upstream } = await openPackage(context, 'gateway', accepts('gateway'))
  const controller = new AbortController()
  const mayStillSend = (): boolean => {
    controller.abort()
    return false
  }
  const outcome = await provider.start(startRequest(MODEL, { mayStillSend, signal: controller.signal }))
  assert.equal(outcome.kind, 'not_sent')
  assert.equal(upstream.seen.length, 0)
})

test('a model outside the file is refused', async (context) => {
  const { provider, upstream } = await openPackage(context, 'xai', accepts('xai'))
  const outcome = await provider.start(startRequest('another'))
  assert.equal(outcome.kind === 'rejected' ? outcome.code : outcome.kind, 'rejected_by_provider')
  assert.equal(upstream.seen.length, 0)
})
