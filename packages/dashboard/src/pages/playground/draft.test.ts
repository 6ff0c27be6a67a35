import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readDraft } from './draft.ts'

test('a draft is read from whatever the history holds', () => {
  const draft = { model: 'wan', prompt: 'a boat', seconds: '5', size: null }
  assert.deepEqual(readDraft(draft), draft)
  assert.deepEqual(readDraft({ model: 1, prompt: {}, seconds: [] }), {
    model: '',
    prompt: '',
    seconds: null,
    size: null,
  })
  for (const state of [null, undefined, 'text', 7, [], { key: 'of something else' }])
    assert.equal(readDraft(state), null)
})
