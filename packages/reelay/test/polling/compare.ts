import type { Distribution } from './distributions.ts'
import type { KnownLooks, Outcome } from './known-looks.ts'
import { eagernessOf, tryLearned } from './learned-looks.ts'

export type Budget = { seed: number; sets: number; trained: number; tested: number }

/** Learned looks beside others that come to as many, for one distribution. Delays in milliseconds. */
export type Comparison = {
  distribution: string
  eagerness: number
  /** To a job, mean of the training sets. */
  looks: number
  optimumMs: number
  learnedMs: number
  fixedMs: number
  backoffMs: number
  /** Learned by optimum, each set at its own number of looks: mean, and of the worst set. */
  ratio: number
  worstRatio: number
  /** Learned by fixed interval, of the worst set. */
  worstToFixed: number
}

const SETS_TO_CALIBRATE = 6
const CALIBRATIONS_MAX = 6
const LOOKS_TOLERANCE = 0.02

/** The mean of the sets at an eagerness, against what others do with as many looks. */
export async function compareAt(
  distribution: Distribution,
  known: KnownLooks,
  eagerness: number,
  budget: Budget,
): Promise<Comparison> {
  const outcomes = await trySets(distribution, eagerness, budget)
  const looks = meanOf(outcomes.map((outcome) => outcome.looks))
  const ratios = outcomes.map((outcome) => outcome.delayMs / known.optimumAt(outcome.looks).delayMs)
  return {
    distribution: distribution.name,
    eagerness,
    looks,
    optimumMs: known.optimumAt(looks).delayMs,
    learnedMs: meanOf(outcomes.map(({ delayMs }) => delayMs)),
    fixedMs: known.fixedAt(looks),
    backoffMs: known.backoffAt(looks),
    ratio: meanOf(ratios),
    worstRatio: Math.max(...ratios),
    worstToFixed: Math.max(...outcomes.map((outcome) => outcome.delayMs / known.fixedAt(outcome.looks))),
  }
}

/** The eagerness at which learned looks come to so many to a job, about. */
export async function calibrate(
  distribution: Distribution,
  known: KnownLooks,
  target: number,
  budget: Budget,
): Promise<number> {
  let eagerness = eagernessOf(known.optimumAt(target).priceMs)
  for (let turn = 0; turn < CALIBRATIONS_MAX; turn += 1) {
    const sets = Math.min(SETS_TO_CALIBRATE, budget.sets)
    const outcomes = await trySets(distribution, eagerness, { ...budget, sets })
    const off = meanOf(outcomes.map(({ looks }) => looks)) / target
    if (Math.abs(off - 1) < LOOKS_TOLERANCE) break
    // Looks rise about as the root of eagerness.
    eagerness /= off ** 2
  }
  return eagerness
}

async function trySets(distribution: Distribution, eagerness: number, budget: Budget): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (let set = 0; set < budget.sets; set += 1)
    outcomes.push(await tryLearned({ distribution, eagerness, ...budget, seed: budget.seed * 1_000 + set }))
  return outcomes
}

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length
