/** When a provider's jobs are looked at. All in milliseconds. */
export type Timing = {
  firstPollMs: number
  intervalMs: number
  intervalMaxMs: number
  /** "Not found" is not believed before this age of the attempt. */
  missingGraceMs: number
  /** Default deadline of a task: exceeds the provider's own documented maximum. */
  deadlineMs: number
}

/** Share of a pause by which it is shortened or stretched, so that tasks created together do not stay in step. */
export const JITTER = 0.15

/** The pause grows with the age of the job: looking every tenth of its age finds the end within a tenth of it. */
export const AGE_SHARE = 0.1

const BACKOFF_MS_MIN = 1_000
const BACKOFF_MS_MAX = 60_000

const spread = (ms: number, random: number): number => Math.round(ms * (1 + JITTER * (2 * random - 1)))

/**
 * How long to wait before the next look at a job.
 * @param ageMs since the job was submitted
 * @param random in [0, 1)
 */
export function pollPauseMs(ageMs: number, timing: Timing, random: number): number {
  // A clock that was set back makes a job younger than nothing.
  const leftMs = timing.firstPollMs - Math.max(0, ageMs)
  if (leftMs > 0) return Math.max(1, spread(leftMs, random))
  const pauseMs = Math.min(Math.max(ageMs * AGE_SHARE, timing.intervalMs), timing.intervalMaxMs)
  return spread(pauseMs, random)
}

/** How long to wait after `faults` failed tries in a row: doubling, with jitter, at most a minute. */
export function backoffMs(faults: number, random: number): number {
  const pauseMs = Math.min(BACKOFF_MS_MIN * 2 ** Math.min(Math.max(faults, 1) - 1, 10), BACKOFF_MS_MAX)
  return spread(pauseMs, random)
}
