import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TargetHealth } from '../store/webhook-store.ts'
import { healthAfter, HEALTHY, isLost, requestsMax } from './circuit.ts'

const NOW_MS = 1_790_000_000_000
const DAY_MS = 86_400_000
const PAUSE_MS = 5_000

const fail = (health: TargetHealth, nowMs: number = NOW_MS): TargetHealth =>
  healthAfter(health, { worked: false, nowMs, pauseMs: PAUSE_MS })

/** So many failures, each as soon as the circuit lets one through. */
function failures(count: number): TargetHealth {
  let health = HEALTHY
  for (let index = 0; index < count; index += 1) health = fail(health, health.openUntilMs ?? NOW_MS)
  return health
}

test('nine failures leave it closed, the tenth opens it for the first pause', () => {
  assert.deepEqual(failures(9), { failures: 9, failingSinceMs: NOW_MS, openUntilMs: null })
  assert.equal(requestsMax(failures(9)), 4)
  assert.deepEqual(failures(10), { failures: 10, failingSinceMs: NOW_MS, openUntilMs: NOW_MS + PAUSE_MS })
})

test('an open circuit lets one probe through at a time, also after its pause', () => {
  assert.equal(requestsMax(HEALTHY), 4)
  assert.equal(requestsMax(failures(10)), 1)
  assert.equal(requestsMax(failures(40)), 1)
})

test('the pause doubles with each failed probe, up to 64 times the first', () => {
  const pauses = [10, 11, 12, 13, 14, 15, 16, 17, 30, 200].map((count) => {
    const before = failures(count - 1)
    const atMs = before.openUntilMs ?? NOW_MS
    return (fail(before, atMs).openUntilMs ?? 0) - atMs
  })
  const factors = [1, 2, 4, 8, 16, 32, 64, 64, 64, 64]
  assert.deepEqual(
    pauses,
    factors.map((factor) => factor * PAUSE_MS),
  )
})

test('requests that fail together are one failure: the pause neither starts again nor grows', () => {
  const open = failures(10)
  const together = [1, 2, 3].reduce((health, afterMs) => fail(health, NOW_MS + afterMs), open)
  assert.equal(together.openUntilMs, open.openUntilMs)
  const probeAtMs = NOW_MS + PAUSE_MS
  assert.equal(fail(together, probeAtMs).openUntilMs, probeAtMs + 2 * PAUSE_MS)
})

test('one success closes it, whatever was before', () => {
  for (const count of [1, 10, 100]) {
    const options = { worked: true, nowMs: NOW_MS, pauseMs: PAUSE_MS }
    assert.deepEqual(healthAfter(failures(count), options), HEALTHY)
  }
})

test('an address is lost after five days of nothing but failures', () => {
  const health = failures(20)
  assert.equal(isLost(health, NOW_MS + 5 * DAY_MS - 1), false)
  assert.equal(isLost(health, NOW_MS + 5 * DAY_MS), true)
  assert.equal(isLost(HEALTHY, NOW_MS + 100 * DAY_MS), false)
})

test('a few failures do not make it lost, however long ago the first was: the gateway may have been off', () => {
  assert.equal(isLost(failures(2), NOW_MS + 6 * DAY_MS), false)
  assert.equal(isLost(failures(9), NOW_MS + 6 * DAY_MS), false)
})
