/** How long the jobs of a simulated provider take. Times in milliseconds. */
export type Distribution = {
  name: string
  /** One duration. `progress` of the training, 0..1: a provider that drifts is elsewhere at its end. */
  draw: (random: () => number, progress: number) => number
  /** Probability that a job has ended by an age, once the training is over. */
  ended: (ageMs: number) => number
}

const SECOND_MS = 1_000

/** Box-Muller. */
const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())

/** Abramowitz and Stegun 26.2.17: wrong by 1e-7 at most. */
function normalEnded(deviations: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(deviations))
  const tail =
    Math.exp(-(deviations ** 2) / 2) *
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429)))) *
    0.3989422804
  return deviations > 0 ? 1 - tail : tail
}

const lognormal = (random: () => number, medianMs: number, sigma: number): number =>
  medianMs * Math.exp(sigma * normal(random))

const lognormalEnded = (ageMs: number, medianMs: number, sigma: number): number =>
  ageMs <= 0 ? 0 : normalEnded(Math.log(ageMs / medianMs) / sigma)

function lognormalOf(medianMs: number, sigma: number): Distribution {
  return {
    name: `lognormal, sigma ${sigma}`,
    draw: (random) => lognormal(random, medianMs, sigma),
    ended: (ageMs) => lognormalEnded(ageMs, medianMs, sigma),
  }
}

const BIMODAL = { shortMs: 40 * SECOND_MS, longMs: 160 * SECOND_MS, sigma: 0.1 }

const bimodal: Distribution = {
  name: 'bimodal, 40 and 160 s',
  draw: (random) => lognormal(random, random() < 0.5 ? BIMODAL.shortMs : BIMODAL.longMs, BIMODAL.sigma),
  ended: (ageMs) =>
    (lognormalEnded(ageMs, BIMODAL.shortMs, BIMODAL.sigma) +
      lognormalEnded(ageMs, BIMODAL.longMs, BIMODAL.sigma)) /
    2,
}

const UNIFORM = { leastMs: 60 * SECOND_MS, mostMs: 180 * SECOND_MS }

const uniform: Distribution = {
  name: 'uniform, 60 to 180 s',
  draw: (random) => UNIFORM.leastMs + random() * (UNIFORM.mostMs - UNIFORM.leastMs),
  ended: (ageMs) => Math.min(1, Math.max(0, (ageMs - UNIFORM.leastMs) / (UNIFORM.mostMs - UNIFORM.leastMs))),
}

/** An exponential wait in the provider's queue, then a render of nearly constant length. */
const QUEUE = { waitMs: 40 * SECOND_MS, renderMs: 50 * SECOND_MS, sigma: 0.1 }
const RENDER_STEP = 0.1
/** To where next to nothing is left: all weights are 1 together. */
const RENDER_STEPS_EACH_WAY = 60

const renders = Array.from({ length: 2 * RENDER_STEPS_EACH_WAY + 1 }, (_, step) => {
  const deviations = (step - RENDER_STEPS_EACH_WAY) * RENDER_STEP
  const weight = normalEnded(deviations + RENDER_STEP / 2) - normalEnded(deviations - RENDER_STEP / 2)
  return { renderMs: QUEUE.renderMs * Math.exp(QUEUE.sigma * deviations), weight }
})

const queued: Distribution = {
  name: 'exponential queue, then render',
  draw: (random) => -QUEUE.waitMs * Math.log(1 - random()) + lognormal(random, QUEUE.renderMs, QUEUE.sigma),
  ended: (ageMs) =>
    renders.reduce(
      (sum, { renderMs, weight }) =>
        sum + weight * (ageMs <= renderMs ? 0 : 1 - Math.exp(-(ageMs - renderMs) / QUEUE.waitMs)),
      0,
    ),
}

const DRIFT = { fromMs: 100 * SECOND_MS, toMs: 150 * SECOND_MS, sigma: 0.25 }

/** What is learned while the provider becomes slower has to serve at the end of it. */
const drifting: Distribution = {
  name: 'drifting, 100 to 150 s',
  draw: (random, progress) =>
    lognormal(random, DRIFT.fromMs + progress * (DRIFT.toMs - DRIFT.fromMs), DRIFT.sigma),
  ended: (ageMs) => lognormalEnded(ageMs, DRIFT.toMs, DRIFT.sigma),
}

export const STEADY: readonly Distribution[] = [
  lognormalOf(100 * SECOND_MS, 0.25),
  lognormalOf(100 * SECOND_MS, 0.5),
  bimodal,
  uniform,
  queued,
]

export const DRIFTING: readonly Distribution[] = [drifting]
