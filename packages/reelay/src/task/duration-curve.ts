import { BINS, binsOfLog, nearestEdge } from './duration-bins.ts'
import { fitDensity, logLikelihood, type Interval, type Range } from './duration-fit.ts'
import { ERA_SEEN, newestEra, seenIn, type DurationSketch } from './duration-sketch.ts'

/**
 * How likely a job of a kind has ended by which age, at the edges `first`, `first + 1`, … of the scale: almost all that was seen
 * lies between the first and the last of them.
 */
export type DurationCurve = {
  /** Durations that it was learned from. */
  seen: number
  first: number
  /** `ended[i]`: probability that the job has ended by edge `first + i`. Never falls. */
  ended: Float64Array
}

/** Of so many durations the oldest counts half: candidates. The first one stands unless another foretells much better. */
const HALF_LIVES: readonly number[] = [400, 100, 40]
/** Eras that are foretold from those before them, to choose a half-life. */
const ERAS_FORETOLD = 2
/** What forgetting faster has to gain, in units of log-likelihood: chance alone gains less. */
const GAIN_MIN = 3
/** Widths of the kernel, as natural logarithms: candidates, the widest first. */
const KERNELS: readonly number[] = [0.2, 0.1, 0.05, 0.025]
const KERNEL_TO_FORETELL = 0.1
/** Parts that what was seen is cut into: each is foretold from the others, to choose a kernel. */
const PARTS = 4
/** Rounds of a fit that is used, and of one that is only compared. */
const ROUNDS = 30
const ROUNDS_TO_COMPARE = 12
/** Room left on both sides of what was seen, as a natural logarithm. */
const MARGIN = 0.35

/** What a sketch says about its kind of job; undefined when it is empty. Takes milliseconds: keep the answer. */
export function curveOf(sketch: DurationSketch): DurationCurve | undefined {
  if (sketch.length === 0) return undefined
  const range = rangeOf(sketch)
  const intervals = weighted(sketch, bestHalfLife(sketch, range))
  const density = fitDensity(intervals, range, { kernel: bestKernel(intervals, range), rounds: ROUNDS })
  const ended = new Float64Array(density.length + 1)
  for (const [index, mass] of density.entries()) ended[index + 1] = Math.min(1, (ended[index] ?? 0) + mass)
  return { seen: seenIn(sketch), first: range.first, ended }
}

function rangeOf(sketch: DurationSketch): Range {
  const margin = Math.ceil(binsOfLog(MARGIN))
  const edges = sketch.flatMap(({ lowerMs, upperMs }) => [nearestEdge(lowerMs), nearestEdge(upperMs)])
  const lowest = edges.reduce((least, edge) => Math.min(least, edge), BINS)
  const highest = edges.reduce((most, edge) => Math.max(most, edge), 1)
  return { first: Math.max(0, lowest - margin), last: Math.min(BINS, highest + margin) }
}

/** The newest count most. */
function weighted(sketch: DurationSketch, halfLife: number): readonly Interval[] {
  const newest = newestEra(sketch)
  return sketch.map(({ era, lowerMs, upperMs, seen }) => {
    const lower = Math.min(nearestEdge(lowerMs), BINS - 1)
    const upper = Math.max(nearestEdge(upperMs), lower + 1)
    return { lower, upper, weight: seen * 2 ** (((era - newest) * ERA_SEEN) / halfLife) }
  })
}

/** A provider that changed shows in that the newest durations are foretold better without the oldest. */
function bestHalfLife(sketch: DurationSketch, range: Range): number {
  const newest = newestEra(sketch)
  const news = weighted(
    sketch.filter(({ era }) => era > newest - ERAS_FORETOLD),
    Infinity,
  )
  const olds = sketch.filter(({ era }) => era <= newest - ERAS_FORETOLD)
  const [slowest = Infinity] = HALF_LIVES
  if (olds.length === 0) return slowest
  let best = { score: -Infinity, halfLife: slowest }
  for (const halfLife of HALF_LIVES) {
    const how = { kernel: KERNEL_TO_FORETELL, rounds: ROUNDS_TO_COMPARE }
    const score = logLikelihood(fitDensity(weighted(olds, halfLife), range, how), range, news)
    if (score > best.score + GAIN_MIN) best = { score, halfLife }
  }
  return best.halfLife
}

/** As wide as what was seen needs: the one that foretells each part best from the others. */
function bestKernel(intervals: readonly Interval[], range: Range): number {
  const [widest = 1] = KERNELS
  let best = { score: -Infinity, kernel: widest }
  for (const kernel of KERNELS) {
    let score = 0
    for (let part = 0; part < PARTS; part += 1) {
      const others = intervals.filter((_, index) => index % PARTS !== part)
      const density = fitDensity(others, range, { kernel, rounds: ROUNDS_TO_COMPARE })
      score += logLikelihood(
        density,
        range,
        intervals.filter((_, index) => index % PARTS === part),
      )
    }
    if (score > best.score) best = { score, kernel }
  }
  return best.kernel
}
