import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseRetrySchedule, STANDARD_SCHEDULE } from './retry-schedule.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

test('the standard schedule is ten attempts over three days', () => {
  const steps = parseRetrySchedule(STANDARD_SCHEDULE)
  assert.deepEqual(steps, [
    0,
    5_000,
    5 * MINUTE_MS,
    30 * MINUTE_MS,
    2 * HOUR_MS,
    5 * HOUR_MS,
    10 * HOUR_MS,
    14 * HOUR_MS,
    20 * HOUR_MS,
    24 * HOUR_MS,
  ])
  const totalMs = steps?.reduce((sum, step) => sum + step, 0)
  assert.equal(totalMs, 75 * HOUR_MS + 35 * MINUTE_MS + 5_000)
})

test('every unit, and spaces around a step, are read', () => {
  assert.deepEqual(parseRetrySchedule(' 0ms, 20ms ,3s,4m,5h,6d '), [
    0,
    20,
    3_000,
    4 * MINUTE_MS,
    5 * HOUR_MS,
    144 * HOUR_MS,
  ])
  assert.deepEqual(parseRetrySchedule('0s'), [0], 'one attempt and no retry')
})

for (const text of [
  '',
  ' ',
  ',',
  '5s',
  '0',
  '0s,',
  '0s,,5s',
  '0s,-5s',
  '0s,1.5s',
  '0s,5w',
  '0s 5s',
  '0s,5S',
]) {
  test(`no schedule: ${JSON.stringify(text)}`, () => {
    assert.equal(parseRetrySchedule(text), undefined)
  })
}

const steps = (count: number): string => ['0s', ...Array.from({ length: count - 1 }, () => '1s')].join(',')

test('a schedule has thirty steps at most', () => {
  assert.equal(parseRetrySchedule(steps(30))?.length, 30)
  assert.equal(parseRetrySchedule(steps(31)), undefined)
})

test('a pause that no clock can be set to is none', () => {
  assert.equal(parseRetrySchedule('0s,365d')?.[1], 365 * 24 * HOUR_MS)
  assert.equal(parseRetrySchedule('0s,366d'), undefined)
  assert.equal(parseRetrySchedule('0s,999999999d'), undefined)
})
