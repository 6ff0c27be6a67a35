import { edgeMs } from './duration-bins.ts'
import type { DurationCurve } from './duration-curve.ts'

/** What a plan is made for, in milliseconds. */
export type PlanTerms = {
  /** Mean delay that one look less is worth. */
  priceMs: number
  /** Two looks are never closer than this. */
  pauseMsMin: number
}

/** The cheapest looks for one kind of job at one price. */
export type LookPlan = {
  curve: DurationCurve
  terms: PlanTerms
  /** Ages at the edges of the curve, in milliseconds. */
  ages: Float64Array
  /** Integral of `curve.ended` over age, up to each edge. */
  integral: Float64Array
  /** Least cost from each edge on, times the probability that the job has not ended by then. */
  cost: Float64Array
}

/** A job that outlives all that was seen costs about so many looks more. */
const LOOKS_BEYOND = 3
/** However sure it seems, no look is farther away. */
const PAUSE_MS_MAX = 3_600_000

/**
 * Backward dynamic programming over the ages of the curve: going from age `a` to a look at `t` costs one look for each job that
 * has not ended at `a`, the mean delay of those that end in between, and what comes after `t`. Takes about a millisecond.
 */
export function planLooks(curve: DurationCurve, terms: PlanTerms): LookPlan {
  const { ended } = curve
  const ages = ended.map((_, index) => edgeMs(curve.first + index))
  const integral = new Float64Array(ended.length)
  for (let edge = 1; edge < ended.length; edge += 1) {
    const width = (ages[edge] ?? 0) - (ages[edge - 1] ?? 0)
    integral[edge] = (integral[edge - 1] ?? 0) + (width * ((ended[edge] ?? 0) + (ended[edge - 1] ?? 0))) / 2
  }
  const cost = new Float64Array(ended.length)
  const last = ended.length - 1
  cost[last] = (1 - (ended[last] ?? 1)) * LOOKS_BEYOND * terms.priceMs
  const plan: LookPlan = { curve, terms, ages, integral, cost }
  for (let edge = last - 1; edge >= 0; edge -= 1) {
    const place = { edge, ageMs: ages[edge] ?? 0, ended: ended[edge] ?? 0, integral: integral[edge] ?? 0 }
    cost[edge] = cheapest(plan, place).cost
  }
  return plan
}

/** An age with what the plan knows of it. `edge`: the last one at or before it, -1 before all. */
type Place = { edge: number; ageMs: number; ended: number; integral: number }

/** The best next edge to look at, for a job that has not ended at that place. */
function cheapest({ terms, ages, integral, cost }: LookPlan, from: Place): { edge: number; cost: number } {
  const last = ages.length - 1
  const price = terms.priceMs * (1 - from.ended)
  let best = { edge: last, cost: Infinity }
  for (let edge = from.edge + 1; edge <= last; edge += 1) {
    const pauseMs = (ages[edge] ?? 0) - from.ageMs
    if (pauseMs < terms.pauseMsMin && edge < last) continue
    const delay = (integral[edge] ?? 0) - from.integral - from.ended * pauseMs
    // Waiting longer only adds delay.
    if (best.cost < Infinity && (delay + price >= best.cost || pauseMs > PAUSE_MS_MAX)) break
    const sum = delay + price + (cost[edge] ?? 0)
    if (sum < best.cost) best = { edge, cost: sum }
  }
  return best
}

function placeOf({ curve, ages, integral }: LookPlan, ageMs: number): Place {
  const edge = lastEdgeBy(ages, ageMs)
  if (edge < 0) return { edge, ageMs, ended: 0, integral: 0 }
  const startMs = ages[edge] ?? 0
  const share = (ageMs - startMs) / ((ages[edge + 1] ?? Infinity) - startMs)
  const at = (values: Float64Array): number =>
    (values[edge] ?? 0) + share * ((values[edge + 1] ?? values[edge] ?? 0) - (values[edge] ?? 0))
  return { edge, ageMs, ended: at(curve.ended), integral: at(integral) }
}

/** The age of the next look at a job that has not ended; undefined beyond all that was seen. */
export function plannedAgeMs(plan: LookPlan, ageMs: number): number | undefined {
  const { ages } = plan
  if (ageMs >= (ages[ages.length - 2] ?? 0)) return undefined
  const { edge } = cheapest(plan, placeOf(plan, ageMs))
  return Math.min(Math.max(ages[edge] ?? 0, ageMs + plan.terms.pauseMsMin), ageMs + PAUSE_MS_MAX)
}

/** How many of the jobs that were seen are left at an age. */
export const leftAt = (plan: LookPlan, ageMs: number): number =>
  plan.curve.seen * (1 - placeOf(plan, ageMs).ended)

/** -1 before the first. */
function lastEdgeBy(ages: Float64Array, ageMs: number): number {
  let low = -1
  let high = ages.length
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if ((ages[middle] ?? 0) <= ageMs) low = middle
    else high = middle
  }
  return low
}
