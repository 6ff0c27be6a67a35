import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TestClock } from '../../system/test-clock.ts'
import { DatabaseClock } from './database-clock.ts'

const AHEAD_MS = 3_600_000

/** A clock that was read once, at once, from a database whose time is an hour ahead. */
function subject() {
  const machine = new TestClock()
  const databaseNowMs = () => machine.nowMs() + AHEAD_MS
  return { machine, databaseNowMs, clock: new DatabaseClock(machine) }
}

test('the first reading counts however long it took: the machine may be hours off', () => {
  const { machine, databaseNowMs, clock } = subject()
  const askedAtMs = machine.monotonicMs()
  const saidMs = databaseNowMs()
  machine.advance(400)
  clock.learn(saidMs, askedAtMs)
  assert.equal(Math.abs(clock.nowMs() - databaseNowMs()) <= 200, true)
})

test('a slow reading does not displace a quick one, until that one is outdated', () => {
  const { machine, databaseNowMs, clock } = subject()
  clock.learn(databaseNowMs(), machine.monotonicMs())
  const slowly = (jumpMs: number, tookMs = 400): void => {
    const askedAtMs = machine.monotonicMs()
    machine.advance(tookMs)
    clock.learn(databaseNowMs() + jumpMs, askedAtMs)
  }
  slowly(5_000)
  assert.equal(clock.nowMs(), databaseNowMs())
  machine.advance(10_001)
  slowly(5_000)
  assert.equal(clock.nowMs(), databaseNowMs() + 5_000 + 200)
})

test('a process that stood still while it asked learns nothing from the answer', () => {
  const { machine, databaseNowMs, clock } = subject()
  clock.learn(databaseNowMs(), machine.monotonicMs())
  const askedAtMs = machine.monotonicMs()
  const saidMs = databaseNowMs()
  machine.advance(60_000)
  clock.learn(saidMs, askedAtMs)
  assert.equal(clock.nowMs(), databaseNowMs())
})

test("setting the machine's time of day changes nothing", () => {
  const { machine, databaseNowMs, clock } = subject()
  clock.learn(databaseNowMs(), machine.monotonicMs())
  const beforeMs = clock.nowMs()
  machine.setWall(-7_200_000)
  assert.equal(clock.nowMs(), beforeMs)
})
