import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from './clock.ts'

test('a sleep ends when its signal aborts, and does not begin when it already has', async () => {
  const controller = new AbortController()
  const sleep = systemClock.sleep(3_600_000, controller.signal)
  controller.abort()
  await sleep
  await systemClock.sleep(3_600_000, controller.signal)
})

test('a sleep longer than a timer holds does not end at once', async () => {
  const controller = new AbortController()
  let isOver = false
  const sleep = systemClock.sleep(2 ** 40, controller.signal).then(() => (isOver = true))
  await systemClock.sleep(5)
  assert.equal(isOver, false)
  controller.abort()
  await sleep
})

test('now is the wall clock', () => {
  assert.ok(Math.abs(systemClock.nowMs() - Date.now()) < 1000)
})
