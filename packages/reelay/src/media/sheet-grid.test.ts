import assert from 'node:assert/strict'
import { test } from 'node:test'
import { framesOfSheet, sheetFrames, sheetGrid } from './sheet-grid.ts'

test('a frame for each fifth of a second, at least one and at most 25', () => {
  const lengths = [1, 199, 200, 399, 1_000, 4_999, 5_000, 60_000, 3_600_000]
  assert.deepEqual(lengths.map(sheetFrames), [1, 1, 1, 1, 5, 24, 25, 25, 25])
})

test('a grid has room for all frames and no empty row, as near to a square as can be', () => {
  assert.deepEqual(sheetGrid(1), { columns: 1, rows: 1 })
  assert.deepEqual(sheetGrid(2), { columns: 2, rows: 1 })
  assert.deepEqual(sheetGrid(5), { columns: 3, rows: 2 })
  assert.deepEqual(sheetGrid(25), { columns: 5, rows: 5 })
  for (let frames = 1; frames <= 25; frames += 1) {
    const { columns, rows } = sheetGrid(frames)
    assert.ok(columns * rows >= frames && columns * (rows - 1) < frames, `${frames} frames`)
  }
})

test('the number of frames is found again in the time that one stands for, whatever the length', () => {
  for (let durationMs = 1; durationMs < 90_000; durationMs += durationMs < 6_000 ? 1 : 37) {
    for (let frames = 1; frames <= sheetFrames(durationMs); frames += 1)
      assert.equal(framesOfSheet(durationMs, Math.round(durationMs / frames)), frames, `of ${durationMs} ms`)
  }
})
