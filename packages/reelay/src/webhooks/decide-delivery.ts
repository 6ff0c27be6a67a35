import type { Delivery, DeliveryDecision } from '../store/webhook-store.ts'
import type { RetrySchedule } from './retry-schedule.ts'

/** What came of one request. `retryAfterMs`: what the answer asked for, unchecked. */
export type DeliveryOutcome =
  | { kind: 'answered'; status: number; retryAfterMs: number | null }
  /** Refused by the guard, or no whole answer in time. */
  | { kind: 'failed'; message: string }
  /** Nothing could be sent for a reason of our own: a secret that does not open, a task that cannot be read. */
  | { kind: 'unsendable'; message: string }

export type DeliveryMoment = {
  nowMs: number
  /** In [0, 1). */
  random: number
  schedule: RetrySchedule
}

const JITTER = 0.2
/** However long an address asks to be left alone, it is asked again after this or twice the usual pause. */
const RETRY_AFTER_MS_MAX = 3_600_000
/** First pause of an open circuit where the schedule has no pause to take it from. */
const PAUSE_MS_DEFAULT = 5_000

/** A delivery lives as long as its whole schedule with all jitter, and a little more. */
const LIFETIME_FACTOR = 1.25

const GONE = 410

export const isDelivered = (outcome: DeliveryOutcome): boolean =>
  outcome.kind === 'answered' && outcome.status >= 200 && outcome.status < 300

/** Why an attempt counts as failed, for the delivery log; null when it was delivered. */
export function failureOf(outcome: DeliveryOutcome): string | null {
  if (isDelivered(outcome)) return null
  if (outcome.kind !== 'answered') return outcome.message
  if (outcome.status === GONE) return 'The receiver answered 410: it does not want these events any more.'
  if (outcome.status >= 300 && outcome.status < 400)
    return `The receiver answered ${outcome.status}. Redirects are not followed: set the final URL.`
  return `The receiver answered ${outcome.status}. Answer 2xx as soon as the event is stored.`
}

/** What an attempt leads to. Pure: the store applies it. */
export function decideDelivery(
  delivery: Pick<Delivery, 'step' | 'endpointId'>,
  outcome: DeliveryOutcome,
  { nowMs, random, schedule }: DeliveryMoment,
): DeliveryDecision {
  const target =
    outcome.kind === 'unsendable'
      ? null
      : { worked: isHealthy(delivery, outcome), pauseMs: schedule[1] ?? PAUSE_MS_DEFAULT }
  const step = delivery.step + 1
  const lifetimeMs = Math.round(schedule.reduce((sum, pause) => sum + pause, 0) * LIFETIME_FACTOR)
  const ended = { dueAtMs: nowMs, step, target, disable: null, lifetimeMs }
  if (isDelivered(outcome)) return { ...ended, state: 'delivered' }
  if (outcome.kind === 'answered' && outcome.status === GONE)
    return { ...ended, state: 'cancelled', disable: 'gone' }
  const pauseMs = schedule[step]
  if (pauseMs === undefined) return { ...ended, state: 'exhausted' }
  const asked = outcome.kind === 'answered' ? (outcome.retryAfterMs ?? 0) : 0
  const spreadMs = Math.round(pauseMs * (1 + JITTER * (2 * random - 1)))
  const waitMs = Math.min(Math.max(spreadMs, asked), Math.max(2 * pauseMs, RETRY_AFTER_MS_MAX))
  return { ...ended, state: 'pending', dueAtMs: nowMs + waitMs }
}

/**
 * Whether the address did its part. An endpoint has one receiver, which fails when it refuses; an origin of `callback_url`s
 * may have many, so that only an origin that is down counts, not one URL of it that is wrong.
 */
function isHealthy({ endpointId }: Pick<Delivery, 'endpointId'>, outcome: DeliveryOutcome): boolean {
  if (outcome.kind !== 'answered') return false
  if (endpointId !== null) return isDelivered(outcome)
  return outcome.status < 500 && outcome.status !== 429 && outcome.status !== 408
}
