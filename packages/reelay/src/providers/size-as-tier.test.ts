import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { VideoRequest } from '../task/request.ts'
import { sizeAsTier } from './size-as-tier.ts'

const WORDS = { ratios: ['16:9', '9:16'], resolutions: ['720p', '1080p'] }

const requestOf = (given: Partial<VideoRequest>): VideoRequest => ({
  model: 'unlisted',
  prompt: 'a red ball',
  seconds: '7',
  size: null,
  resolution: null,
  aspectRatio: null,
  negativePrompt: null,
  seed: 1,
  generateAudio: null,
  inputs: [],
  providerOptions: {},
  ...given,
})

test('without pixels nothing changes, whatever the tier', () => {
  const request = requestOf({ resolution: '360p', aspectRatio: '1:1' })
  assert.equal(sizeAsTier(request, WORDS), request)
})

test('pixels become a tier and a ratio, and the rest stays', () => {
  const request = requestOf({ size: '1080x1920' })
  const expected = { ...request, size: null, resolution: '1080p', aspectRatio: '9:16' }
  assert.deepEqual(sizeAsTier(request, WORDS), expected)
})

for (const size of ['1000x1000', '640x360', 'large']) {
  test(`${size} is refused with what is legal`, () => {
    const refused = sizeAsTier(requestOf({ size }), WORDS)
    assert.ok('refused' in refused)
    assert.match(refused.refused, /aspect_ratio is one of 16:9, 9:16; resolution is one of 720p, 1080p/)
  })
}
