import assert from 'node:assert/strict'
import { test } from 'node:test'
import { spriteFrame } from './sprite-frame.ts'

const SHEET = {
  columns: 3,
  rows: 2,
  frames: 5,
  frame_width: 160,
  frame_height: 90,
  seconds_per_frame: 0.2,
}

const at = (seconds: number): [number, number] => {
  const { x, y, width, height } = spriteFrame(SHEET, seconds)
  assert.deepEqual([width, height], [160, 90])
  return [x, y]
}

test('each moment has its frame, row by row', () => {
  assert.deepEqual([0, 0.19, 0.21, 0.5, 0.7, 0.9].map(at), [
    [0, 0],
    [0, 0],
    [160, 0],
    [320, 0],
    [0, 90],
    [160, 90],
  ])
})

test('outside of the video it is the first or the last, never the empty rest of the grid', () => {
  assert.deepEqual([-1, Number.NaN, 1, 99, Number.POSITIVE_INFINITY].map(at), [
    [0, 0],
    [0, 0],
    [160, 90],
    [160, 90],
    [160, 90],
  ])
})
