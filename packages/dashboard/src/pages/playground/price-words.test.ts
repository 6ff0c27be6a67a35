import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ModelPrice } from '@reelay/sdk'
import { priceWords } from './price-words.ts'

const price = (rate: Partial<ModelPrice>): ModelPrice => ({
  currency: 'USD',
  per_second: null,
  per_video: null,
  ...rate,
})

test('a price is per video, or per second of a length that is known', () => {
  const five = { seconds: 5, resolution: '' }
  assert.equal(priceWords(price({ per_video: '0.4' }), five), 'About 0.4 USD.')
  assert.equal(priceWords(price({ per_second: '0.1' }), five), 'About 0.5 USD.')
  assert.equal(
    priceWords(price({ per_second: '0.1', as_of: '2026-11-01' }), five),
    'About 0.5 USD, as published on 2026-11-01.',
  )
  assert.equal(priceWords(price({ per_second: '0.1' }), { seconds: null, resolution: '' }), null)
  assert.equal(priceWords(price({ per_second: '0' }), { seconds: null, resolution: '' }), 'It costs nothing.')
  assert.equal(priceWords(null, five), null)
})

test('where it depends on the resolution, the chosen one counts', () => {
  const by = price({ by_resolution: [{ resolution: '720p', per_second: '0.1', per_video: null }] })
  assert.equal(priceWords(by, { seconds: 5, resolution: '720p' }), 'About 0.5 USD.')
  assert.equal(priceWords(by, { seconds: 5, resolution: '1080p' }), null)
})
