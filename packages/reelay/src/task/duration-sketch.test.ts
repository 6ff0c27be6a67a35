import assert from 'node:assert/strict'
import { test } from 'node:test'
import { array, assert as property, integer, option, property as check, record } from 'fast-check'
import { edgeMs, nearestEdge } from './duration-bins.ts'
import {
  addDuration,
  ERA_SEEN,
  ERAS_KEPT,
  intervalOf,
  mergeSketches,
  newestEra,
  seenIn,
  type DurationSketch,
} from './duration-sketch.ts'

const WEEK_MS = 604_800_000

const sample = record({
  lowerMs: integer({ min: 0, max: WEEK_MS }),
  widthMs: integer({ min: 0, max: WEEK_MS }),
  exact: option(integer({ min: 0, max: 100 })),
}).map(({ lowerMs, widthMs, exact }) => ({
  lowerMs,
  upperMs: lowerMs + widthMs,
  exactMs: exact === null ? null : lowerMs + (widthMs * exact) / 100,
}))
const sketch = array(sample, { maxLength: 60 }).map((samples) =>
  samples.reduce<DurationSketch>(addDuration, []),
)

/** Its bin begins, in whole milliseconds, within the first one, which is ten milliseconds wide. */
const JUST_PAST_THE_FIRST_BIN = { lowerMs: 6, upperMs: 22, exactMs: 10.16 }

test('an interval is on the scale, never empty, and within a bin of what was seen', () => {
  property(
    check(sample, (seen) => {
      const { lowerMs, upperMs } = intervalOf(seen)
      assert.ok(Number.isInteger(lowerMs) && Number.isInteger(upperMs) && lowerMs < upperMs)
      // A second time on the scale changes nothing by more than the bin's own width.
      const again = intervalOf({ lowerMs, upperMs, exactMs: null })
      const binMs = nearestEdge(lowerMs) === 0 ? edgeMs(1) : 1 + lowerMs * 0.011
      assert.ok(Math.abs(again.lowerMs - lowerMs) <= binMs)
      if (seen.exactMs !== null && seen.exactMs > 1_000 && seen.exactMs < WEEK_MS * 0.99)
        assert.ok(lowerMs <= seen.exactMs + 1 && seen.exactMs <= upperMs + 1)
    }),
    { examples: [[JUST_PAST_THE_FIRST_BIN]] },
  )
})

test('sketches merge in any order to the same, and nothing is lost', () => {
  property(
    check(sketch, sketch, sketch, (a, b, c) => {
      assert.deepEqual(mergeSketches(a, b), mergeSketches(b, a))
      assert.deepEqual(mergeSketches(mergeSketches(a, b), c), mergeSketches(a, mergeSketches(b, c)))
      assert.equal(seenIn(mergeSketches(a, b)), seenIn(a) + seenIn(b))
      assert.deepEqual(mergeSketches(a, []), mergeSketches([], a))
    }),
  )
})

test('a sketch is plain JSON', () => {
  property(
    check(sketch, (cells) => {
      assert.deepEqual(JSON.parse(JSON.stringify(cells)), cells)
    }),
  )
})

test('a sketch has a bound: what is old goes as new durations come', () => {
  let cells: DurationSketch = []
  for (let index = 0; index < ERA_SEEN * (ERAS_KEPT + 5); index += 1)
    cells = addDuration(cells, { lowerMs: index * 1_000, upperMs: index * 1_000 + 900, exactMs: null })
  assert.equal(newestEra(cells), ERAS_KEPT + 4)
  assert.equal(seenIn(cells), ERA_SEEN * ERAS_KEPT)
})
