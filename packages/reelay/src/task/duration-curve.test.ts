import assert from 'node:assert/strict'
import { test } from 'node:test'
import { array, assert as property, integer, property as check, tuple } from 'fast-check'
import { seededNumbers } from '../../test/support/seeded-numbers.ts'
import { edgeMs } from './duration-bins.ts'
import { curveOf, type DurationCurve } from './duration-curve.ts'
import { addDuration, type DurationSketch } from './duration-sketch.ts'

const samples = array(tuple(integer({ min: 0, max: 7_200_000 }), integer({ min: 0, max: 600_000 })), {
  minLength: 1,
  maxLength: 60,
})

const endedBy = ({ ended, first }: DurationCurve, ageMs: number): number =>
  ended.findLast((_, edge) => edgeMs(first + edge) <= ageMs) ?? 0

/** Looks every ten seconds at jobs of the given lengths, from a random time on. */
function watched(durationsMs: readonly number[], random: () => number): DurationSketch {
  return durationsMs.reduce<DurationSketch>((sketch, durationMs) => {
    const firstMs = random() * 10_000
    const upperMs = firstMs + Math.ceil(Math.max(0, durationMs - firstMs) / 10_000) * 10_000
    return addDuration(sketch, { lowerMs: Math.max(0, upperMs - 10_000), upperMs, exactMs: null })
  }, [])
}

test('nothing is known of what was never seen', () => {
  assert.equal(curveOf([]), undefined)
})

test('a curve never falls, and stays between 0 and 1, whatever was seen', () => {
  property(
    check(samples, (seen) => {
      const sketch = seen.reduce<DurationSketch>(
        (cells, [lowerMs, widthMs]) =>
          addDuration(cells, { lowerMs, upperMs: lowerMs + widthMs, exactMs: null }),
        [],
      )
      const { ended } = curveOf(sketch) ?? assert.fail('no curve')
      assert.equal(ended[0], 0)
      for (let edge = 1; edge < ended.length; edge += 1) {
        assert.ok((ended[edge] ?? NaN) >= (ended[edge - 1] ?? NaN), `falls at ${edge}`)
        assert.ok((ended[edge] ?? NaN) <= 1)
      }
      assert.ok((ended.at(-1) ?? 0) > 0.4)
    }),
    { numRuns: 40 },
  )
})

test('durations are found within a few per cent from looks that only bound them', () => {
  const random = seededNumbers(7)
  const curve = curveOf(
    watched(
      Array.from({ length: 300 }, () => 60_000 + random() * 120_000),
      random,
    ),
  )
  assert.ok(curve)
  for (const [ageMs, expected] of [
    [55_000, 0],
    [90_000, 0.25],
    [120_000, 0.5],
    [150_000, 0.75],
    [190_000, 1],
  ] as const)
    assert.ok(Math.abs(endedBy(curve, ageMs) - expected) < 0.08, `${endedBy(curve, ageMs)} by ${ageMs}`)
})

test('a provider that changed is followed long before the old durations are forgotten', () => {
  const random = seededNumbers(8)
  const before = Array.from({ length: 200 }, () => 160_000 * (0.9 + random() * 0.2))
  const after = Array.from({ length: 100 }, () => 60_000 * (0.9 + random() * 0.2))
  const curve = curveOf(watched([...before, ...after], random))
  assert.ok(curve)
  assert.ok(endedBy(curve, 80_000) > 0.6, `${endedBy(curve, 80_000)}`)
  const still = curveOf(watched([...before, ...before], random))
  assert.ok(still && endedBy(still, 80_000) < 0.05)
})
