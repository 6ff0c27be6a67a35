import assert from 'node:assert/strict'
import { test } from 'node:test'
import { array, assert as property, double, integer, property as check } from 'fast-check'
import { curveOf } from './duration-curve.ts'
import { addDuration, type DurationSketch } from './duration-sketch.ts'
import { planLooks, plannedAgeMs, type LookPlan } from './look-plan.ts'
import { lookPriceMs, nextScarcity } from './look-price.ts'
import { announcedPauseMs, nextPauseMs } from './next-pause.ts'
import { pollPauseMs, type Timing } from './schedule.ts'

const timing: Timing = {
  firstPollMs: 10_000,
  intervalMs: 3_000,
  intervalMaxMs: 20_000,
  missingGraceMs: 60_000,
  deadlineMs: 3_600_000,
}

function planOf(durationsMs: readonly number[], priceMs: number, pauseMsMin = timing.intervalMs): LookPlan {
  const sketch = durationsMs.reduce<DurationSketch>(
    (cells, ms) => addDuration(cells, { lowerMs: ms, upperMs: ms, exactMs: ms }),
    [],
  )
  return planLooks(curveOf(sketch) ?? assert.fail('no curve'), { priceMs, pauseMsMin })
}

/** Ages of the looks at a job that never ends, as far as the plan goes. */
function looksOf(plan: LookPlan): number[] {
  const ages: number[] = []
  for (let ageMs = plannedAgeMs(plan, 0); ageMs !== undefined; ageMs = plannedAgeMs(plan, ageMs))
    ages.push(ageMs)
  return ages
}

const aroundMinute = Array.from({ length: 100 }, (_, index) => 57_000 + index * 60)
const random = double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const durations = array(integer({ min: 1_000, max: 3_600_000 }), { minLength: 1, maxLength: 25 })

test('a job that takes a minute is looked at after a minute', () => {
  const [first = 0, second = 0] = looksOf(planOf(aroundMinute, 1_000))
  assert.ok(first > 56_000 && first < 64_000, `${first}`)
  assert.ok(second > first)
})

test('a look that costs more is made less often', () => {
  const counts = [100, 1_000, 10_000].map((priceMs) => looksOf(planOf(aroundMinute, priceMs)).length)
  assert.deepEqual(
    counts,
    counts.toSorted((a, b) => b - a),
  )
  assert.ok((counts[0] ?? 0) > (counts[2] ?? 0))
})

test('planned looks come after each other, and never closer than the least pause', () => {
  property(
    check(
      durations,
      integer({ min: 1, max: 60_000 }),
      integer({ min: 1, max: 30_000 }),
      (seen, price, pause) => {
        const plan = planOf(seen, price, pause)
        let beforeMs = 0
        for (const ageMs of looksOf(plan)) {
          assert.ok(ageMs - beforeMs >= pause - 1, `${beforeMs} then ${ageMs}`)
          beforeMs = ageMs
        }
      },
    ),
    { numRuns: 30 },
  )
})

test('the next pause is a whole number within its bounds, whatever was learned', () => {
  property(
    check(durations, integer({ min: -1_000, max: 604_800_000 }), random, (seen, ageMs, number) => {
      const pauseMs = nextPauseMs(ageMs, { timing, plan: planOf(seen, 500), random: number })
      assert.ok(Number.isInteger(pauseMs) && pauseMs >= 1)
      assert.ok(pauseMs <= 1.2 * 3_600_000)
      if (ageMs >= timing.firstPollMs) assert.ok(pauseMs >= timing.intervalMs * 0.85)
    }),
    { numRuns: 30 },
  )
})

test('a cold start keeps to the fixed profile, and so does the age beyond all that was seen', () => {
  const few = planOf(aroundMinute.slice(0, 9), 500)
  const many = planOf(aroundMinute, 500)
  for (const ageMs of [0, 5_000, 40_000, 3_000_000]) {
    const fixedMs = pollPauseMs(ageMs, timing, 0.5)
    assert.equal(nextPauseMs(ageMs, { timing, plan: undefined, random: 0.5 }), fixedMs)
    assert.equal(nextPauseMs(ageMs, { timing, plan: few, random: 0.5 }), fixedMs)
  }
  for (const ageMs of [75_000, 120_000, 3_000_000])
    assert.ok(nextPauseMs(ageMs, { timing, plan: many, random: 0.5 }) <= pollPauseMs(ageMs, timing, 0.5))
})

test('trust grows with what was seen: pauses are let grow from those of the fixed profile', () => {
  const pauseAt = (seen: number): number => {
    const plan = planOf(aroundMinute.slice(0, seen), 500)
    return nextPauseMs(0, { timing, plan, random: 0.5 })
  }
  assert.equal(pauseAt(10), timing.firstPollMs)
  assert.equal(pauseAt(15), 2 * timing.firstPollMs)
  assert.ok(pauseAt(30) > 50_000)
})

test('one look of a hundred explores: it comes at a random time before the planned one', () => {
  const plan = planOf(aroundMinute, 500)
  const pauses = [0.0001, 0.003, 0.006, 0.009, 0.5].map((number) =>
    nextPauseMs(0, { timing, plan, random: number }),
  )
  assert.deepEqual(
    pauses,
    pauses.toSorted((a, b) => a - b),
  )
  assert.equal(pauses[0], timing.intervalMs)
})

test('progress brings the look to the end that it foretells, and no nearer than the fixed profile would', () => {
  assert.equal(announcedPauseMs(60_000, undefined, timing), Infinity)
  assert.equal(announcedPauseMs(60_000, 0, timing), Infinity)
  assert.equal(announcedPauseMs(60_000, 50, timing), 63_000)
  assert.equal(announcedPauseMs(60_000, 99, timing), 6_000)
  assert.equal(announcedPauseMs(10_000, 99, timing), timing.intervalMs)
})

test('the price of a look follows eagerness, the provider, and how short its rate is', () => {
  assert.equal(lookPriceMs(timing, 1, 1), 300)
  assert.equal(lookPriceMs(timing, 2, 1), 150)
  assert.equal(lookPriceMs({ ...timing, intervalMs: 15_000 }, 1, 4), 6_000)
  assert.equal(lookPriceMs(timing, 1, 1.1), 300)
})

test('scarcity climbs while looks come late, comes back when they do not, and has bounds', () => {
  let scarcity = 1
  for (let turn = 0; turn < 120; turn += 1)
    scarcity = nextScarcity(scarcity, { lateMs: 5_000, passedMs: 1_000 })
  assert.ok(Math.abs(scarcity - 2) < 1e-9)
  for (let turn = 0; turn < 120; turn += 1) scarcity = nextScarcity(scarcity, { lateMs: 0, passedMs: 1_000 })
  assert.equal(Math.round(scarcity * 1e9) / 1e9, 1)
  assert.equal(nextScarcity(1, { lateMs: 0, passedMs: 1_000_000 }), 1)
  assert.ok(Math.abs(nextScarcity(1, { lateMs: 5_000, passedMs: 1_000_000 }) - 2 ** (1 / 24)) < 1e-9)
  assert.equal(nextScarcity(255, { lateMs: 5_000, passedMs: 5_000 }), 256)
})
