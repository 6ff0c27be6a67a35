import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sizeAsPixels } from './size-as-pixels.ts'

const NONE = { size: null, resolution: null, aspectRatio: null }

const READ: readonly [given: object, expected: object][] = [
  [{}, { width: null, height: null }],
  [{ size: '833x481' }, { width: 833, height: 481 }],
  [
    { resolution: '480p', aspectRatio: '16:9' },
    { width: 848, height: 480 },
  ],
  [
    { resolution: '480p', aspectRatio: '9:16' },
    { width: 480, height: 848 },
  ],
  [
    { resolution: '4k', aspectRatio: '1:1' },
    { width: 2_160, height: 2_160 },
  ],
]

for (const [given, expected] of READ) {
  test(`sizeAsPixels: ${JSON.stringify(given)}`, () => {
    assert.deepEqual(sizeAsPixels({ ...NONE, ...given }, 'It'), expected)
  })
}

const REFUSED: readonly [given: object, words: RegExp][] = [
  [{ size: 'large' }, /WIDTHxHEIGHT/],
  [{ resolution: '720p' }, /^It takes pixels: give size/],
  [{ aspectRatio: '16:9' }, /^It takes pixels: give size/],
  [{ resolution: '720p', aspectRatio: 'adaptive' }, /^It takes pixels: give size/],
]

for (const [given, words] of REFUSED) {
  test(`sizeAsPixels: ${JSON.stringify(given)} is refused`, () => {
    const pixels = sizeAsPixels({ ...NONE, ...given }, 'It')
    assert.match('refused' in pixels ? pixels.refused : '', words)
  })
}
