import type { Distribution } from './distributions.ts'

/** What a way to look comes to: looks to a job, and mean time from its end to the look that sees it. */
export type Outcome = { looks: number; delayMs: number }

/** Ages are reckoned in steps of this. */
const STEP_MS = 250
/** So few jobs are left that they do not count; and so long is none of them. */
const LEFT_MIN = 1e-6
const STEPS_MAX = 20_000
const FRONTIER_PRICE = { leastMs: 30, mostMs: 40_000, factor: 1.12 }
const HALVINGS = 40

/** A distribution by steps of age. */
type Table = { ended: Float64Array; integral: Float64Array }

function tableOf({ ended }: Distribution): Table {
  let steps = 1
  while (1 - ended(steps * STEP_MS) > LEFT_MIN && steps < STEPS_MAX) steps += 1
  const table = { ended: new Float64Array(steps + 1), integral: new Float64Array(steps + 1) }
  for (let step = 1; step <= steps; step += 1) {
    table.ended[step] = ended(step * STEP_MS)
    table.integral[step] =
      (table.integral[step - 1] ?? 0) +
      (STEP_MS * ((table.ended[step] ?? 0) + (table.ended[step - 1] ?? 0))) / 2
  }
  return table
}

const delayBetween = ({ ended, integral }: Table, from: number, to: number): number =>
  (integral[to] ?? 0) - (integral[from] ?? 0) - (ended[from] ?? 0) * (to - from) * STEP_MS

/** The best looks there are for a distribution that is known, at one price of a look. */
function optimum(table: Table, priceMs: number): Outcome {
  const last = table.ended.length - 1
  const cost = new Float64Array(last + 1)
  const next = new Int32Array(last + 1)
  for (let from = last - 1; from >= 0; from -= 1) {
    const price = priceMs * (1 - (table.ended[from] ?? 0))
    let best = Infinity
    for (let to = from + 1; to <= last; to += 1) {
      const delay = delayBetween(table, from, to)
      if (delay + price >= best) break
      const sum = delay + price + (cost[to] ?? 0)
      if (sum < best) [best, next[from]] = [sum, to]
    }
    cost[from] = best
  }
  return outcomeOf(table, (from) => next[from] ?? last)
}

function outcomeOf(table: Table, nextOf: (from: number) => number): Outcome {
  const last = table.ended.length - 1
  const outcome = { looks: 0, delayMs: 0 }
  for (let from = 0; from < last;) {
    const to = Math.min(last, nextOf(from))
    outcome.looks += 1 - (table.ended[from] ?? 0)
    outcome.delayMs += delayBetween(table, from, to)
    from = to
  }
  return outcome
}

/** What can be had for how many looks, whoever knows the distribution. */
export class KnownLooks {
  readonly #table: Table
  readonly #frontier: readonly (Outcome & { priceMs: number })[]

  constructor(distribution: Distribution) {
    const table = tableOf(distribution)
    this.#table = table
    const frontier: (Outcome & { priceMs: number })[] = []
    const { leastMs, mostMs, factor } = FRONTIER_PRICE
    for (let priceMs = leastMs; priceMs < mostMs; priceMs *= factor)
      frontier.push({ priceMs, ...optimum(table, priceMs) })
    this.#frontier = frontier
  }

  /** The optimum's mean delay at so many looks, and the price at which it makes them. */
  optimumAt(looks: number): { delayMs: number; priceMs: number } {
    const above = this.#frontier.findLastIndex((point) => point.looks >= looks)
    const [one, other] = [this.#frontier[above], this.#frontier[above + 1]]
    if (one === undefined || other === undefined) throw new Error(`no optimum is known at ${looks} looks`)
    const share = Math.log(one.looks / looks) / Math.log(one.looks / other.looks)
    const between = (a: number, b: number): number => a * (b / a) ** share
    return { delayMs: between(one.delayMs, other.delayMs), priceMs: between(one.priceMs, other.priceMs) }
  }

  /** The delay of looks at a fixed interval that come to so many. */
  fixedAt(looks: number): number {
    return this.#growingAt(looks, 1)
  }

  /** The least delay of intervals that grow by a factor with each look, of some usual factors. */
  backoffAt(looks: number): number {
    return Math.min(...[1.25, 1.5, 2].map((factor) => this.#growingAt(looks, factor)))
  }

  #growingAt(looks: number, factor: number): number {
    let [low, high] = [Math.log(STEP_MS), Math.log(3_600_000)]
    for (let halving = 0; halving < HALVINGS; halving += 1) {
      const middle = (low + high) / 2
      if (this.#growing(Math.exp(middle), factor).looks > looks) low = middle
      else high = middle
    }
    return this.#growing(Math.exp(high), factor).delayMs
  }

  #growing(firstMs: number, factor: number): Outcome {
    const { ended, integral } = this.#table
    const endMs = (ended.length - 1) * STEP_MS
    const outcome = { looks: 0, delayMs: 0 }
    let [fromMs, pauseMs] = [0, firstMs]
    while (fromMs < endMs) {
      const toMs = fromMs + pauseMs
      const before = valueAt(ended, fromMs)
      const beyondMs = Math.max(0, toMs - endMs)
      outcome.looks += 1 - before
      outcome.delayMs += valueAt(integral, toMs) + beyondMs - valueAt(integral, fromMs) - before * pauseMs
      fromMs = toMs
      pauseMs *= factor
    }
    return outcome
  }
}

/** Between two steps, on the line; beyond the last, what that one has. */
function valueAt(values: Float64Array, ageMs: number): number {
  const last = values.length - 1
  const step = Math.min(last, Math.floor(ageMs / STEP_MS))
  const [value = 0, next = value] = [values[step], values[step + 1]]
  return step === last ? value : value + (next - value) * (ageMs / STEP_MS - step)
}
