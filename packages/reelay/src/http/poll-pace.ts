import type { Task } from '../task/task.ts'

/** The clients that this is for ignore longer pauses. */
const PAUSE_SECONDS_MAX = 60
const PAUSE_SECONDS_MIN = 2

/** Looking again after a tenth of the age finds the end within a tenth of the time that it took. */
const AGE_SHARE = 0.1

/** When a client should look again at a task that is under way, in whole seconds, at most a minute. */
export function pollPauseSeconds(task: Pick<Task, 'createdAtMs'>, nowMs: number): number {
  const ageSeconds = Math.max(0, nowMs - task.createdAtMs) / 1000
  return Math.min(PAUSE_SECONDS_MAX, Math.max(PAUSE_SECONDS_MIN, Math.ceil(ageSeconds * AGE_SHARE)))
}
