import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TestClock } from '../system/test-clock.ts'
import { FailureLimiter } from './limit-failures.ts'

test('sixty failures a minute for each address', () => {
  const clock = new TestClock()
  const failures = new FailureLimiter(clock)
  const failing = (address: string, count: number) =>
    Array.from({ length: count }, () => failures.take(address)).filter((waitMs) => waitMs === 0).length
  assert.equal(failing('a', 100), 60)
  assert.equal(failing('b', 1), 1)
  clock.advance(10_000)
  assert.equal(failing('a', 100), 10)
})

test('no more than ten thousand addresses are remembered, those that failed last', () => {
  const failures = new FailureLimiter(new TestClock())
  for (let index = 0; index < 60; index += 1) failures.take('patient')
  for (let index = 0; index < 9_999; index += 1) failures.take(`x${index}`)
  assert.ok(failures.take('patient') > 0)
  for (let index = 0; index < 5_000; index += 1) failures.take(`y${index}`)
  assert.equal(failures.size, 10_000)
  assert.ok(failures.take('patient') > 0)
  for (let index = 0; index < 10_000; index += 1) failures.take(`z${index}`)
  assert.equal(failures.size, 10_000)
  assert.equal(failures.take('patient'), 0)
})
