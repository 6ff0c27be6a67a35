import type { Timing } from './schedule.ts'

/** At eagerness 1 one look is worth this part of the provider's shortest pause in mean delay. */
const PRICE_SHARE = 0.1
/** Looks of an account are this late before they count as too many for its rate. */
const LATE_MS = 1_000
/**
 * The price doubles in so long while looks come late, and halves in so long once they do not. Plans follow a new price only as jobs
 * come and go: a quicker one would swing.
 */
const TURNS_IN_MS = 120_000
/** Of the time between two claims, so much counts as late: for the rest nothing may have been due. */
const LATE_FOR_MS_MAX = 5_000
const SCARCITY_MAX = 256
/** Steps of the price to a doubling: there is one plan for each. */
const STEPS_PER_DOUBLING = 2

/**
 * Mean delay, in milliseconds, that one look less is worth.
 * @param eagerness the setting: twice as eager halves the price
 * @param scarcity 1, and more while the account's rate is too low for its looks
 */
export function lookPriceMs({ intervalMs }: Timing, eagerness: number, scarcity: number): number {
  const step = Math.round(Math.log2(scarcity) * STEPS_PER_DOUBLING) / STEPS_PER_DOUBLING
  return (intervalMs * PRICE_SHARE * 2 ** step) / eagerness
}

/** How an account's rate keeps up: how late the oldest look is that it did not grant, and the time since it was seen last. */
export type Backlog = { lateMs: number; passedMs: number }

/**
 * The price factor of an account's looks, as its backlog moves it. It climbs as long as looks come late, which makes plans wait
 * for the ages at which jobs mostly end: so the rate goes to the jobs that are most likely done.
 */
export function nextScarcity(scarcity: number, { lateMs, passedMs }: Backlog): number {
  const doublings = (lateMs > LATE_MS ? Math.min(passedMs, LATE_FOR_MS_MAX) : -passedMs) / TURNS_IN_MS
  return Math.min(SCARCITY_MAX, Math.max(1, scarcity * 2 ** doublings))
}
