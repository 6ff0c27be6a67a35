import { seededNumbers } from './numbers.ts'

/** How long a model renders: lognormal, as such times are. */
export interface RenderTime {
  readonly medianMs: number
  /** Standard deviation of the logarithm: 0.25 puts two thirds within 28 % of the median. */
  readonly sigma: number
}

/** Between a create and its end, in milliseconds. */
export interface Render {
  /** The part of it that is spent waiting. */
  readonly queueMs: number
  readonly totalMs: number
}

const TYPICAL: RenderTime = { medianMs: 75_000, sigma: 0.28 }
const SIGMAS_MAX = 3

/** A standard normal number from two even ones (Box-Muller), cut at three deviations. */
function normal(random: () => number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random()))
  const value = radius * Math.cos(2 * Math.PI * random())
  return Math.min(SIGMAS_MAX, Math.max(-SIGMAS_MAX, value))
}

/** Draws the time of one task. The same seed and name repeat it. */
export function drawRender(
  times: Readonly<Record<string, RenderTime>>,
  model: string,
  seed: number,
  name: string,
): Render {
  const { medianMs, sigma } = times[model] ?? times['default'] ?? TYPICAL
  const random = seededNumbers(seed, name)
  const totalMs = Math.round(medianMs * Math.exp(sigma * normal(random)))
  // Waiting is between a twentieth and a quarter of it.
  return { totalMs, queueMs: Math.round(totalMs * (0.05 + 0.2 * random())) }
}

/** The same time, so many times as fast. */
export function speedUp(render: Render, speed: number): Render {
  return { totalMs: Math.round(render.totalMs / speed), queueMs: Math.round(render.queueMs / speed) }
}
