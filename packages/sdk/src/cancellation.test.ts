import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../test/manual-clock.ts'
import { createCancellation } from './cancellation.ts'

const never = new Promise<never>(() => {})

test('the time limit ends work that ignores its signal', async () => {
  const clock = new ManualClock()
  const cancellation = createCancellation(clock, undefined)
  cancellation.arm(1000, 'too slow')
  const work = cancellation.race(never)
  clock.advance(1000)
  await assert.rejects(work, { code: 'timeout', message: 'too slow', retryable: true })
  assert.equal(cancellation.error()?.code, 'timeout')
  assert.ok(cancellation.signal.aborted)
})

test("the caller's abort keeps its reason and looks like any other abort", async () => {
  const caller = new AbortController()
  const cancellation = createCancellation(new ManualClock(), caller.signal)
  const work = cancellation.race(never)
  caller.abort('user left')
  await assert.rejects(work, { code: 'aborted', name: 'AbortError', cause: 'user left', retryable: false })
})

test('a signal that was aborted before rejects at once, and the first cause stays', async () => {
  const clock = new ManualClock()
  const cancellation = createCancellation(clock, AbortSignal.abort())
  cancellation.arm(10, 'late')
  assert.equal(clock.sleeping, 0)
  await assert.rejects(cancellation.race(Promise.reject(new Error('work'))), { code: 'aborted' })
})

test('arming again restarts the limit; disarm and release stop it and let go of the caller', async () => {
  const clock = new ManualClock()
  const caller = new AbortController()
  const cancellation = createCancellation(clock, caller.signal)
  cancellation.arm(1000, 'first')
  clock.advance(900)
  cancellation.arm(1000, 'second')
  clock.advance(900)
  assert.equal(await cancellation.race(Promise.resolve(7)), 7)
  cancellation.release()
  assert.equal(clock.sleeping, 0)
  caller.abort()
  assert.equal(cancellation.error(), null)
  cancellation.arm(Infinity, 'never')
  assert.equal(clock.sleeping, 0)
})
