import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeliveryDecision } from '../store/webhook-store.ts'
import { decideDelivery, failureOf, isDelivered, type DeliveryOutcome } from './decide-delivery.ts'
import { parseRetrySchedule, STANDARD_SCHEDULE } from './retry-schedule.ts'

const NOW_MS = 1_790_000_000_000
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const SCHEDULE = parseRetrySchedule(STANDARD_SCHEDULE)!

const answer = (status: number, retryAfterMs: number | null = null): DeliveryOutcome => ({
  kind: 'answered',
  status,
  retryAfterMs,
})
const TIMEOUT: DeliveryOutcome = { kind: 'failed', message: 'The request was not done within 15000 ms.' }

type Situation = { step?: number; endpointId?: string | null; random?: number; schedule?: readonly number[] }

function decide(
  outcome: DeliveryOutcome,
  { step = 0, endpointId = 'ep_1', random = 0.5, schedule = SCHEDULE }: Situation = {},
): DeliveryDecision {
  return decideDelivery({ step, endpointId }, outcome, { nowMs: NOW_MS, random, schedule })
}

/** The pause that a failed attempt leads to. */
const waitOf = (outcome: DeliveryOutcome, situation: Situation = {}): number =>
  decide(outcome, situation).dueAtMs - NOW_MS

for (const status of [200, 201, 202, 204, 299]) {
  test(`${status} is delivered, at whichever step`, () => {
    for (const step of [0, 3, 9]) {
      const target = { worked: true, pauseMs: 5_000 }
      const decision = decide(answer(status, HOUR_MS), { step })
      assert.deepEqual(decision, {
        state: 'delivered',
        dueAtMs: NOW_MS,
        step: step + 1,
        target,
        disable: null,
        // A quarter more than the whole schedule.
        lifetimeMs: 340_131_250,
      })
    }
    assert.equal(isDelivered(answer(status)), true)
    assert.equal(failureOf(answer(status)), null)
  })
}

for (const outcome of [
  ...[300, 302, 308, 304, 400, 401, 404, 408, 409, 429, 500, 503].map((s) => answer(s)),
  TIMEOUT,
]) {
  test(`${outcome.kind === 'answered' ? outcome.status : 'a failure'} is tried again, as the next step`, () => {
    const decision = decide(outcome)
    assert.partialDeepStrictEqual(decision, { state: 'pending', step: 1, disable: null })
    assert.equal(decision.dueAtMs, NOW_MS + 5_000)
    assert.equal(isDelivered(outcome), false)
    assert.notEqual(failureOf(outcome), null)
  })
}

test('every step has its pause, and after the last one the delivery is exhausted', () => {
  const waits = SCHEDULE.slice(0, -1).map((_pause, step) => waitOf(answer(500), { step }))
  assert.deepEqual(waits, SCHEDULE.slice(1))
  const last = decide(answer(500, HOUR_MS), { step: SCHEDULE.length - 1 })
  assert.partialDeepStrictEqual(last, { state: 'exhausted', step: SCHEDULE.length, disable: null })
  // The schedule was made shorter while the delivery waited.
  assert.equal(decide(answer(500), { step: 25 }).state, 'exhausted')
  assert.equal(decide(TIMEOUT, { schedule: [0] }).state, 'exhausted')
})

test('jitter spreads a pause by a fifth to both sides, and no more', () => {
  const situation = { step: 4 }
  assert.equal(waitOf(answer(500), { ...situation, random: 0 }), 4 * HOUR_MS)
  assert.equal(waitOf(answer(500), { ...situation, random: 0.5 }), 5 * HOUR_MS)
  const most = waitOf(answer(500), { ...situation, random: 1 - Number.EPSILON })
  assert.ok(most <= 6 * HOUR_MS && most > 5.99 * HOUR_MS, String(most))
})

test('410 ends it at once: the endpoint is disabled, a callback is only not tried again', () => {
  assert.partialDeepStrictEqual(decide(answer(410, 1_000)), { state: 'cancelled', disable: 'gone', step: 1 })
  assert.equal(decide(answer(410)).target?.worked, false)
  const callback = decide(answer(410), { endpointId: null })
  assert.equal(callback.state, 'cancelled')
  assert.equal(callback.target?.worked, true, 'one URL that is gone says nothing about its origin')
})

test('Retry-After: a longer one is kept, a shorter one or one that is over does not hurry it', () => {
  const step = 1
  assert.equal(waitOf(answer(429, 20 * MINUTE_MS), { step }), 20 * MINUTE_MS)
  assert.equal(waitOf(answer(503, 2_000), { step }), 5 * MINUTE_MS)
  assert.equal(waitOf(answer(429, -HOUR_MS), { step }), 5 * MINUTE_MS)
  assert.equal(waitOf(answer(429, 0), { step, random: 0 }), 4 * MINUTE_MS)
  assert.equal(waitOf(answer(302, 20 * MINUTE_MS), { step }), 20 * MINUTE_MS)
})

test('Retry-After: an absurd one is cut to an hour, or to twice the pause where that is more', () => {
  const absurdMs = 999_999_999_000
  assert.equal(waitOf(answer(429, absurdMs)), HOUR_MS)
  assert.equal(waitOf(answer(429, absurdMs), { step: 2 }), HOUR_MS)
  assert.equal(waitOf(answer(429, absurdMs), { step: 3 }), 4 * HOUR_MS)
  assert.equal(waitOf(answer(429, absurdMs), { step: 8 }), 48 * HOUR_MS)
  assert.equal(decide(answer(429, absurdMs), { step: 9 }).state, 'exhausted')
})

const workedFor = (endpointId: string | null): readonly (boolean | undefined)[] =>
  [200, 302, 400, 404, 408, 429, 500, 503].map((s) => decide(answer(s), { endpointId }).target?.worked)

test('an endpoint fares badly with each refusal; an origin of callbacks only when it is down or busy', () => {
  assert.deepEqual(workedFor('ep_1'), [true, false, false, false, false, false, false, false])
  assert.deepEqual(workedFor(null), [true, true, true, true, false, false, false, false])
  for (const endpointId of ['ep_1', null]) assert.equal(decide(TIMEOUT, { endpointId }).target?.worked, false)
})

test('the first pause of an open circuit is the first of the schedule', () => {
  assert.equal(decide(TIMEOUT).target?.pauseMs, 5_000)
  assert.equal(decide(TIMEOUT, { schedule: [0, 70, 80] }).target?.pauseMs, 70)
  assert.equal(decide(TIMEOUT, { schedule: [0] }).target?.pauseMs, 5_000)
})

test('a failure says what to do', () => {
  assert.match(failureOf(answer(302)) ?? '', /302.*not followed.*final URL/)
  assert.match(failureOf(answer(500)) ?? '', /500.*2xx/)
  assert.match(failureOf(answer(410)) ?? '', /410/)
  assert.equal(failureOf(TIMEOUT), 'The request was not done within 15000 ms.')
})

test('what could not be sent for a reason of our own is tried again, and the address is not blamed', () => {
  const decision = decide({ kind: 'unsendable', message: 'The stored task cannot be read.' })
  assert.partialDeepStrictEqual(decision, { state: 'pending', step: 1, target: null })
  assert.equal(decide({ kind: 'unsendable', message: 'x' }, { step: 9 }).state, 'exhausted')
  assert.equal(failureOf({ kind: 'unsendable', message: 'because' }), 'because')
})
