import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Claim } from '../store/store.ts'
import { silentLog } from '../system/log.ts'
import { TestClock } from '../system/test-clock.ts'
import { newTask } from '../../test/support/new-task.ts'
import { silentObserver } from '../observability/observer.ts'
import { holdLease } from './lease.ts'

const LEASE_MS = 30_000
const claim: Claim = {
  taskId: 'video_1',
  owner: 'w1',
  fence: 1,
  wakeSeq: 0,
  lookedAtMs: null,
  hintStep: null,
  task: newTask(0, { id: 'video_1' }),
}

/** A lease whose renewals are answered as the test says. */
function subject(renew: () => Promise<boolean>) {
  const clock = new TestClock()
  const stop = new AbortController()
  const asked: number[] = []
  const store = {
    renew: (_claim: Claim, leaseMs: number) => {
      asked.push(leaseMs)
      return renew()
    },
  }
  const context = { clock, leaseMs: LEASE_MS, store, log: silentLog, observer: silentObserver }
  return { clock, stop, asked, lease: holdLease(context, claim, stop.signal) }
}

/** Lets everything run that does not wait for the clock. */
const settle = () => new Promise((resolve) => setImmediate(resolve))

test('a lease is renewed at a third of its time until it is ended', async () => {
  const { clock, lease, asked } = subject(() => Promise.resolve(true))
  for (const round of [1, 2, 3]) {
    await clock.untilSleeping()
    clock.advance(LEASE_MS / 3)
    await settle()
    assert.equal(asked.length, round)
  }
  assert.ok(lease.mayStillSend())
  await lease.end()
  assert.equal(clock.sleeping, 0)
  assert.deepEqual(new Set(asked), new Set([LEASE_MS]))
})

test('a lost lease aborts its step and forbids spending', async () => {
  const { clock, lease } = subject(() => Promise.resolve(false))
  assert.ok(lease.mayStillSend())
  await clock.untilSleeping()
  clock.advance(LEASE_MS / 3)
  await settle()
  assert.ok(lease.signal.aborted)
  assert.equal(lease.mayStillSend(), false)
  await lease.end()
})

test('while renewals are not answered the lease is held, but money may only be spent in its first half', async () => {
  const { clock, lease } = subject(() => Promise.reject(new Error('disk full')))
  await clock.untilSleeping()
  clock.advance(LEASE_MS / 3)
  await settle()
  assert.ok(!lease.signal.aborted && lease.mayStillSend())
  clock.advance(LEASE_MS / 6 - 1)
  assert.ok(lease.mayStillSend())
  clock.advance(1)
  assert.equal(lease.mayStillSend(), false)
  await lease.end()
})

test('the age of a lease counts from when its renewal was asked for, not answered', async () => {
  const answer = Promise.withResolvers<boolean>()
  const { clock, lease } = subject(() => answer.promise)
  await clock.untilSleeping()
  clock.advance(LEASE_MS / 3)
  await settle()
  clock.advance(LEASE_MS / 2)
  answer.resolve(true)
  await settle()
  assert.equal(lease.mayStillSend(), false)
  await lease.end()
})

test('a stop aborts the step, and the lease is not lost by it', async () => {
  const { lease, stop } = subject(() => Promise.resolve(true))
  stop.abort()
  assert.ok(lease.signal.aborted)
  assert.equal(lease.mayStillSend(), false, 'what is not sent yet goes at the next start')
  await lease.end()
})
