import { leftAt, plannedAgeMs, type LookPlan } from './look-plan.ts'
import { AGE_SHARE, JITTER, pollPauseMs, type Timing } from './schedule.ts'

/** Durations from which on a plan counts. */
const SEEN_MIN = 10
/** From then on the longest pause, in those of the fixed profile, doubles with each so many durations more. */
const TRUST_DOUBLES_PER = 5
/** Of the jobs seen, fewer are left: nothing is known of those that last longer, and pauses are no longer than the fixed ones. */
const LEFT_MIN = 1
/** Share of looks that come at a random time before the planned one: how a provider that became much faster is found out. */
const EXPLORED = 0.01

/** What the next look depends on. */
export type Pace = {
  timing: Timing
  /** Learned of jobs of this kind; undefined while nothing is. */
  plan: LookPlan | undefined
  /** In [0, 1). */
  random: number
}

/**
 * How long to wait before the next look at a job that has not ended: as planned where enough was learned, else by the fixed
 * profile of its provider.
 * @param ageMs since the job was submitted
 */
export function nextPauseMs(ageMs: number, { timing, plan, random }: Pace): number {
  const fixedMs = pollPauseMs(ageMs, timing, random)
  if (plan === undefined || plan.curve.seen < SEEN_MIN) return fixedMs
  const fromMs = Math.max(0, ageMs)
  const plannedMs = plannedAgeMs(plan, fromMs)
  if (plannedMs === undefined) return fixedMs
  const pauseMs = plannedMs - fromMs
  const isBeyond = leftAt(plan, fromMs) < LEFT_MIN
  const trust = isBeyond ? 1 : 2 ** ((plan.curve.seen - SEEN_MIN) / TRUST_DOUBLES_PER)
  if (pauseMs > fixedMs * trust) return Math.round(fixedMs * trust)
  if (random < EXPLORED) return atLeast(timing, (pauseMs * random) / EXPLORED)
  // Looks are moved within the pauses around them, so that in time every age between them is seen.
  const roomMs = Math.min(pauseMs, (plannedAgeMs(plan, plannedMs) ?? Infinity) - plannedMs)
  const offset = (2 * (random - EXPLORED)) / (1 - EXPLORED) - 1
  return atLeast(timing, pauseMs + roomMs * JITTER * offset)
}

/** Figures of providers are rounded, and their last steps take longer: the look comes so much after the end that they foretell. */
const PROGRESS_SLACK = 1.05

/**
 * After news of progress, how long to wait at most: till the end that it foretells if the job goes on like that. The bound of the
 * fixed profile keeps a figure that creeps towards its end from causing ever more looks. Infinite without news.
 */
export function announcedPauseMs(
  ageMs: number,
  progress: number | undefined,
  { intervalMs }: Timing,
): number {
  if (progress === undefined || progress <= 0) return Infinity
  const leftMs = (Math.max(0, ageMs) * (100 - progress)) / progress
  return Math.round(Math.max(intervalMs, ageMs * AGE_SHARE, leftMs * PROGRESS_SLACK))
}

const atLeast = ({ intervalMs }: Timing, ms: number): number => Math.max(intervalMs, Math.round(ms))
