import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assert as property, double, integer, property as check } from 'fast-check'
import { backoffMs, pollPauseMs, type Timing } from './schedule.ts'

const timing: Timing = {
  firstPollMs: 10_000,
  intervalMs: 5_000,
  intervalMaxMs: 60_000,
  missingGraceMs: 60_000,
  deadlineMs: 3_600_000,
}
const random = double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const age = integer({ min: 0, max: 604_800_000 })

test('the first look comes after the first-poll time, the later ones after a tenth of the age', () => {
  assert.equal(pollPauseMs(0, timing, 0.5), 10_000)
  assert.equal(pollPauseMs(4_000, timing, 0.5), 6_000)
  assert.equal(pollPauseMs(10_000, timing, 0.5), 5_000)
  assert.equal(pollPauseMs(200_000, timing, 0.5), 20_000)
  assert.equal(pollPauseMs(10_000_000, timing, 0.5), 60_000)
})

test('a pause between looks is positive and stays within its bounds and 15 % of jitter', () => {
  property(
    check(age, random, (ageMs, r) => {
      const pauseMs = pollPauseMs(ageMs, timing, r)
      assert.ok(Number.isInteger(pauseMs) && pauseMs >= 1)
      assert.ok(pauseMs <= Math.ceil(timing.intervalMaxMs * 1.15))
      if (ageMs >= timing.firstPollMs) assert.ok(pauseMs >= Math.floor(timing.intervalMs * 0.85))
    }),
  )
})

test('jitter spreads both ways around the middle', () => {
  assert.equal(pollPauseMs(200_000, timing, 0), 17_000)
  assert.ok(pollPauseMs(200_000, timing, 0.999) > 22_900)
})

test('a back-off doubles from one second to one minute', () => {
  const pauses = [0, 1, 2, 3, 4, 5, 6, 7, 8, 1_000].map((faults) => backoffMs(faults, 0.5))
  assert.deepEqual(pauses, [1_000, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000])
})

test('a back-off stays within its bounds and 15 % of jitter', () => {
  property(
    check(integer({ min: 0, max: 1_000_000 }), random, (faults, r) => {
      const pauseMs = backoffMs(faults, r)
      assert.ok(Number.isInteger(pauseMs) && pauseMs >= 850 && pauseMs <= 69_000)
    }),
  )
})
