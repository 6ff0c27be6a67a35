import { BINS, binsOfLog } from './duration-bins.ts'

/** Edges of the scale between which a density is looked for. */
export type Range = { first: number; last: number }

/** Jobs that ended between two edges, by weight. */
export type Interval = { lower: number; upper: number; weight: number }

/** Jobs that were never seen and might be of any length: keeps every interval possible. */
const UNSEEN = 0.5
/** An interval that a density leaves out counts as that unlikely. */
const LIKELIHOOD_MIN = 1e-9

/**
 * The density of interval-censored durations by self-consistency (Turnbull), smoothed in each round: every interval spreads its
 * weight over its bins as they are filled now, and the sum is smoothed.
 * @param how width of the kernel as a natural logarithm, and rounds
 * @returns mass of each bin of the range; what is missing to 1 lies outside of it
 */
export function fitDensity(
  intervals: readonly Interval[],
  { first, last }: Range,
  how: { kernel: number; rounds: number },
): Float64Array {
  const bins = last - first
  const total = intervals.reduce((sum, { weight }) => sum + weight, 0) + UNSEEN
  let density: Float64Array = new Float64Array(bins).fill(1 / bins)
  for (let round = 0; round < how.rounds; round += 1) {
    density = smoothed(spread(density, intervals, first), binsOfLog(how.kernel))
    for (let bin = 0; bin < bins; bin += 1) density[bin] = ((density[bin] ?? 0) + UNSEEN / BINS) / total
  }
  return density
}

/** How well a density foretells durations. */
export function logLikelihood(
  density: Float64Array,
  { first }: Range,
  intervals: readonly Interval[],
): number {
  const sums = sumsOf(density)
  return intervals.reduce(
    (score, { lower, upper, weight }) =>
      score + weight * Math.log(Math.max(LIKELIHOOD_MIN, between(sums, lower - first, upper - first))),
    0,
  )
}

const between = (sums: Float64Array, lower: number, upper: number): number =>
  (sums[upper] ?? 0) - (sums[lower] ?? 0)

function sumsOf(density: Float64Array): Float64Array {
  const sums = new Float64Array(density.length + 1)
  for (let bin = 0; bin < density.length; bin += 1) sums[bin + 1] = (sums[bin] ?? 0) + (density[bin] ?? 0)
  return sums
}

/** The share that a bin gets of all intervals over it rises and falls at their ends only. */
function spread(density: Float64Array, intervals: readonly Interval[], first: number): Float64Array {
  const sums = sumsOf(density)
  const rises = new Float64Array(density.length + 1)
  for (const { lower, upper, weight } of intervals) {
    const share = weight / between(sums, lower - first, upper - first)
    rises[lower - first] = (rises[lower - first] ?? 0) + share
    rises[upper - first] = (rises[upper - first] ?? 0) - share
  }
  const filled = new Float64Array(density.length)
  let level = 0
  for (let bin = 0; bin < density.length; bin += 1) {
    level += rises[bin] ?? 0
    filled[bin] = (density[bin] ?? 0) * Math.max(0, level)
  }
  return filled
}

/** Three running means, one after the other: close to a bell curve of that width. What runs over an end is reflected. */
function smoothed(values: Float64Array, deviation: number): Float64Array {
  const half = Math.round((Math.sqrt(4 * deviation * deviation + 1) - 1) / 2)
  return half === 0 ? values : runningMean(runningMean(runningMean(values, half), half), half)
}

function runningMean(values: Float64Array, half: number): Float64Array {
  const { length } = values
  const padded = new Float64Array(length + 2 * half)
  padded.set(values, half)
  for (let index = 0; index < half; index += 1) {
    padded[half - 1 - index] = values[Math.min(index, length - 1)] ?? 0
    padded[half + length + index] = values[Math.max(0, length - 1 - index)] ?? 0
  }
  const width = 2 * half + 1
  const means = new Float64Array(length)
  let sum = 0
  for (let index = 0; index < width - 1; index += 1) sum += padded[index] ?? 0
  for (let index = 0; index < length; index += 1) {
    sum += padded[index + width - 1] ?? 0
    means[index] = Math.max(0, sum) / width
    sum -= padded[index] ?? 0
  }
  return means
}
