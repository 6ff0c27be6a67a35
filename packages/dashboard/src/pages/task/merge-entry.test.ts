import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mergeEntry } from './merge-entry.ts'

const entry = (seq: number) => ({ seq, at: seq, type: 'poll.progress', data: {} })

test('entries keep their order, and one that is told twice is there once', () => {
  const entries = [3, 1, 2, 3].reduce((before, seq) => mergeEntry(before, entry(seq)), [entry(4)])
  assert.deepEqual(
    entries.map(({ seq }) => seq),
    [1, 2, 3, 4],
  )
})
