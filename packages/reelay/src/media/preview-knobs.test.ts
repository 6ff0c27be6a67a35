import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PREVIEW_LIMITS } from './preview-limits.ts'
import { previewKnobs } from './preview-knobs.ts'

test('a prompt without knobs is left alone', () => {
  assert.deepEqual(previewKnobs('a fox [in the snow]'), {
    fails: false,
    slowMs: 0,
    text: 'a fox [in the snow]',
  })
})

test('knobs are read in any case and place, and are not part of the text', () => {
  assert.deepEqual(previewKnobs('[fail] a fox [SLOW=1.5s] runs'), {
    fails: true,
    slowMs: 1500,
    text: 'a fox runs',
  })
  assert.deepEqual(previewKnobs('a fox[slow=500ms]'), { fails: false, slowMs: 500, text: 'a fox' })
})

test('the last [slow] counts, and it is capped', () => {
  assert.equal(previewKnobs('[slow=1s] x [slow=2s]').slowMs, 2000)
  assert.equal(previewKnobs('x [slow=9999m]').slowMs, PREVIEW_LIMITS.slowMsMax)
})
