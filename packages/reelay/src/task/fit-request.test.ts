import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ModelCapabilities } from '@reelay/sdk'
import { fitRequest } from './fit-request.ts'
import type { Fit, Normalize } from './fit.ts'
import type { TaskInput, VideoRequest } from './request.ts'

const plain: VideoRequest = {
  model: 'm',
  prompt: 'p',
  seconds: null,
  size: null,
  resolution: null,
  aspectRatio: null,
  negativePrompt: 'no text',
  seed: 3,
  generateAudio: null,
  inputs: [],
  providerOptions: { a: 1 },
}

const nothing: ModelCapabilities = {
  seconds: null,
  sizes: [],
  ratios: [],
  resolutions: [],
  inputs: {},
  audio: 'never',
}

const pixels: ModelCapabilities = {
  ...nothing,
  seconds: { min: 5, max: 15, values: [5, 10, 15], default: 5 },
  sizes: ['1920x1080', '1280x720', '720x1280', '1088x832', '1440x1440'],
}

const tiers: ModelCapabilities = {
  ...nothing,
  seconds: { min: 4, max: 12, values: null, default: 5 },
  ratios: ['16:9', '9:16', '21:9', 'adaptive'],
  resolutions: ['480p', '720p'],
  inputs: { reference: 2 },
}

const input = (role: TaskInput['role']): TaskInput => ({
  role,
  storageKey: role,
  mime: 'image/png',
  bytes: 1,
  sha256: '',
})

const fit = (
  given: Partial<VideoRequest>,
  capabilities: ModelCapabilities,
  normalize: Normalize = 'none',
): Fit<VideoRequest> => fitRequest({ ...plain, ...given }, { model: 'm', capabilities, normalize })

type Silent = [title: string, capabilities: ModelCapabilities, given: object, expected: object]

const SILENT: readonly Silent[] = [
  ['nothing asked', nothing, {}, {}],
  ['a listed length', pixels, { seconds: '10' }, {}],
  ['a length with a zero fraction', pixels, { seconds: '10.0' }, { seconds: '10' }],
  ['a listed size', pixels, { size: '1088x832' }, {}],
  [
    'pixels as tier and ratio',
    tiers,
    { size: '1280x720' },
    { size: null, resolution: '720p', aspectRatio: '16:9' },
  ],
  ['portrait pixels', tiers, { size: '480x854' }, { size: null, resolution: '480p', aspectRatio: '9:16' }],
  [
    'tier and ratio as pixels',
    pixels,
    { resolution: '720p', aspectRatio: '9:16' },
    { size: '720x1280', resolution: null, aspectRatio: null },
  ],
  [
    'a rounded ratio',
    pixels,
    { resolution: '720p', aspectRatio: '4:3' },
    { size: '1088x832', resolution: null, aspectRatio: null },
  ],
  [
    'a tier by area',
    pixels,
    { resolution: '1080p', aspectRatio: '1:1' },
    { size: '1440x1440', resolution: null, aspectRatio: null },
  ],
  [
    'a bare ratio takes the first that fits',
    pixels,
    { aspectRatio: '16:9' },
    { size: '1920x1080', aspectRatio: null },
  ],
  ['a bare tier', pixels, { resolution: '720p' }, { size: '1280x720', resolution: null }],
  ['a ratio in decimals', tiers, { aspectRatio: '1.78:1' }, { aspectRatio: '16:9' }],
  ['an equal ratio in other numbers', tiers, { aspectRatio: '32:18' }, { aspectRatio: '16:9' }],
  ['a word of the model', tiers, { aspectRatio: 'adaptive', resolution: '720p' }, {}],
  [
    'a size with the ratio that it has',
    tiers,
    { size: '1280x720', aspectRatio: '16:9' },
    { size: null, resolution: '720p', aspectRatio: '16:9' },
  ],
  ['silence from a silent model', nothing, { generateAudio: false }, { generateAudio: null }],
  [
    'sound from a model with sound',
    { ...nothing, audio: 'always' },
    { generateAudio: true },
    { generateAudio: null },
  ],
  ['sound where it is optional', { ...nothing, audio: 'optional' }, { generateAudio: true }, {}],
  ['two references', tiers, { inputs: [input('reference'), input('reference')] }, {}],
]

for (const [title, capabilities, given, expected] of SILENT) {
  test(`silent: ${title}`, () => {
    for (const normalize of ['none', 'nearest'] as const) {
      assert.deepEqual(fit(given, capabilities, normalize), {
        ok: true,
        value: { ...plain, ...given, ...expected },
        warnings: [],
      })
    }
  })
}

test('references become frames where the model takes only frames', () => {
  const veo: ModelCapabilities = { ...nothing, inputs: { first_frame: 1, last_frame: 1 } }
  const result = fit({ inputs: [input('reference'), input('reference')] }, veo)
  assert.ok(result.ok)
  assert.deepEqual(
    result.value.inputs.map(({ role }) => role),
    ['first_frame', 'last_frame'],
  )
})

type Lossy = [
  given: object,
  capabilities: ModelCapabilities,
  changed: object,
  warnings: string[],
  param: string,
]

const LOSSY: readonly Lossy[] = [
  [{ seconds: '7' }, pixels, { seconds: '5' }, ['seconds_normalised'], 'seconds'],
  [{ seconds: '7.5' }, pixels, { seconds: '5' }, ['seconds_normalised'], 'seconds'],
  [{ seconds: '8' }, pixels, { seconds: '10' }, ['seconds_normalised'], 'seconds'],
  [{ seconds: '60' }, tiers, { seconds: '12' }, ['seconds_normalised'], 'seconds'],
  [{ seconds: '4.5' }, tiers, { seconds: '4' }, ['seconds_normalised'], 'seconds'],
  [{ seconds: '5' }, nothing, { seconds: null }, ['seconds_normalised'], 'seconds'],
  [{ size: '1024x576' }, pixels, { size: '1280x720' }, ['size_normalised'], 'size'],
  [
    { size: '1920x1080' },
    tiers,
    { size: null, resolution: '720p', aspectRatio: '16:9' },
    ['size_normalised'],
    'size',
  ],
  [{ size: '1280x720' }, nothing, { size: null }, ['size_normalised'], 'size'],
  [{ aspectRatio: '2:1' }, tiers, { aspectRatio: '16:9' }, ['aspect_ratio_normalised'], 'aspect_ratio'],
  [{ aspectRatio: '2.39:1' }, tiers, { aspectRatio: '21:9' }, ['aspect_ratio_normalised'], 'aspect_ratio'],
  [{ size: '1278x720' }, pixels, { size: '1280x720' }, ['size_normalised'], 'size'],
  [
    { size: '1280x718' },
    tiers,
    { size: null, resolution: '720p', aspectRatio: '16:9' },
    ['size_normalised'],
    'size',
  ],
  // Where a model lists its pixels, its tiers are no other way to say some.
  [
    { size: '1248x704' },
    { ...tiers, sizes: ['1264x720'] },
    { size: '1264x720' },
    ['size_normalised'],
    'size',
  ],
  [
    { aspectRatio: '1.3:1' },
    pixels,
    { size: '1088x832', aspectRatio: null },
    ['aspect_ratio_normalised'],
    'aspect_ratio',
  ],
  [{ resolution: '721p' }, tiers, { resolution: '720p' }, ['resolution_normalised'], 'resolution'],
  [
    { resolution: '721p' },
    pixels,
    { size: '1280x720', resolution: null },
    ['resolution_normalised'],
    'resolution',
  ],
  [{ resolution: '4k' }, tiers, { resolution: '720p' }, ['resolution_normalised'], 'resolution'],
  [
    { resolution: '4k', aspectRatio: '16:9' },
    tiers,
    { resolution: '720p' },
    ['resolution_normalised'],
    'aspect_ratio',
  ],
  [{ generateAudio: true }, nothing, { generateAudio: null }, ['audio_normalised'], 'generate_audio'],
]

for (const [given, capabilities, changed, warnings, param] of LOSSY) {
  test(`lossy: ${JSON.stringify(given)} to ${JSON.stringify(changed)}`, () => {
    const value = { ...plain, ...given, ...changed }
    assert.deepEqual(fit(given, capabilities, 'nearest'), { ok: true, value, warnings })
    const refused = fit(given, capabilities)
    assert.equal(refused.ok ? 'ok' : refused.param, param)
  })
}

type Refused = [given: object, capabilities: ModelCapabilities, param: string, message: RegExp]

const REFUSED: readonly Refused[] = [
  [{ seconds: 'long' }, pixels, 'seconds', /5, 10, 15/],
  [{ seconds: '-5' }, tiers, 'seconds', /whole number from 4 to 12/],
  [{ size: 'big' }, pixels, 'size', /size is one of 1920x1080/],
  [{ size: '0x0' }, pixels, 'size', /1920x1080/],
  [{ aspectRatio: 'wide' }, tiers, 'aspect_ratio', /aspect_ratio is one of 16:9/],
  [{ resolution: 'sharp' }, tiers, 'resolution', /resolution is one of 480p, 720p/],
  [{ size: '1280x720', aspectRatio: '9:16' }, tiers, 'aspect_ratio', /16:9/],
  [{ size: '1280x720', resolution: '480p' }, tiers, 'resolution', /480p/],
  [{ inputs: [input('first_frame')] }, tiers, 'first_frame', /input_reference \(at most 2\)/],
  [
    { inputs: [input('reference'), input('reference'), input('reference')] },
    tiers,
    'input_reference',
    /at most 2/,
  ],
  [{ inputs: [input('video')] }, nothing, 'video', /no input files/],
]

for (const [given, capabilities, param, message] of REFUSED) {
  test(`refused even with nearest: ${JSON.stringify(given)}`, () => {
    for (const normalize of ['none', 'nearest'] as const) {
      const result = fit(given, capabilities, normalize)
      assert.ok(!result.ok)
      assert.equal(result.param, param)
      assert.match(result.message, message)
    }
  })
}

test('fitting twice changes nothing more', () => {
  for (const capabilities of [pixels, tiers]) {
    const once = fit({ size: '999x333', seconds: '11' }, capabilities, 'nearest')
    assert.ok(once.ok)
    assert.deepEqual(fit(once.value, capabilities), { ok: true, value: once.value, warnings: [] })
  }
})

const lacking: ModelCapabilities = { ...nothing, lacks: ['negative_prompt', 'seed'] }
const targetOf = (normalize: Normalize) => ({ model: 'm', capabilities: lacking, normalize })

test('what a model has no place for is refused, and dropped with a warning only where that is allowed', () => {
  assert.deepEqual(fitRequest(plain, targetOf('none')), {
    ok: false,
    param: 'negative_prompt',
    message: 'The model m has no negative_prompt: leave it out.',
  })
  const seedOnly = { ...plain, negativePrompt: null }
  assert.equal((fitRequest(seedOnly, targetOf('none')) as { param: string }).param, 'seed')
  const dropped = fitRequest(plain, targetOf('nearest'))
  assert.ok(dropped.ok)
  assert.deepEqual([dropped.value.negativePrompt, dropped.value.seed], [null, null])
  assert.deepEqual(dropped.warnings, ['negative_prompt_dropped', 'seed_dropped'])
  assert.ok(fitRequest({ ...seedOnly, seed: null }, targetOf('none')).ok)
})

const framed: ModelCapabilities = {
  ...tiers,
  inputs: { first_frame: 1, reference: 1 },
  frames_set_ratio: true,
}

test('where frames set the ratio, one that is asked for is refused, and dropped with a warning where that is allowed', () => {
  const inputs = [input('first_frame')]
  for (const given of [{ aspectRatio: '16:9' }, { aspectRatio: '9:16', resolution: '720p' }]) {
    const refused = fit({ ...given, inputs }, framed)
    assert.ok(!refused.ok)
    assert.equal(refused.param, 'aspect_ratio')
    assert.match(
      refused.message,
      /shape of the frames .* leave size and aspect_ratio out; resolution is one of 480p/,
    )
    const dropped = fit({ ...given, inputs }, framed, 'nearest')
    assert.ok(dropped.ok)
    assert.equal(dropped.value.aspectRatio, null)
    assert.deepEqual(dropped.warnings, ['aspect_ratio_normalised'])
    assert.ok(fit({ ...given, inputs: [input('reference')] }, framed).ok, 'references leave the choice')
    assert.ok(fit({ ...given, inputs }, { ...framed, frames_set_ratio: false }).ok)
  }
  const pixelsAsked = fit({ size: '1280x720', inputs }, framed, 'nearest')
  assert.ok(pixelsAsked.ok)
  assert.deepEqual([pixelsAsked.value.size, pixelsAsked.value.resolution], [null, '720p'])
  assert.deepEqual(pixelsAsked.warnings, ['size_normalised'])
  assert.ok(fit({ resolution: '720p', inputs }, framed).ok, 'a tier alone says nothing of the ratio')
})

test('frames without a role of their own set the ratio as well', () => {
  const onlyFrames = { ...framed, inputs: { first_frame: 1 } }
  assert.ok(!fit({ aspectRatio: '16:9', inputs: [input('reference')] }, onlyFrames).ok)
})
