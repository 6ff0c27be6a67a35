import type { TaskError } from './errors.ts'
import type { Pace } from './next-pause.ts'
import type { AttemptChange, Decision, Task, TaskEvent, TaskPatch } from './task.ts'

/** What a decision needs besides the task and what happened. */
export type Moment = Pace & {
  nowMs: number
  /** When this job was last seen unfinished; null before its first look. */
  lastLookAtMs: number | null
}

/** A stored success verdict keeps a task alive at least this long, whatever its deadline: the bytes are still there. */
export const ARCHIVE_WINDOW_MS: number = 24 * 3_600_000

/** Since the job of the task's attempt was submitted. */
export const ageOf = (task: Task, nowMs: number): number =>
  nowMs - (task.attempt?.startedAtMs ?? task.createdAtMs)

/** No later than the task's deadline: a task must always end. */
export const due = (task: Task, atMs: number): number => Math.min(atMs, task.deadlineAtMs)

/** No change of state: look again at that time, with what was learned. */
export const stay = (
  task: Task,
  atMs: number,
  patch: TaskPatch = {},
  events: readonly TaskEvent[] = [],
): Decision => ({
  to: task.state,
  dueAtMs: due(task, atMs),
  patch,
  events,
})

/** The upstream job no longer holds a slot of its account. */
export const endAttempt = (task: Task, nowMs: number): { attempt?: AttemptChange } =>
  task.attempt === null || task.attempt.endedAtMs !== null
    ? {}
    : { attempt: { kind: 'patch', n: task.attempt.n, patch: { endedAtMs: nowMs } } }

/** Ends a task without a video. The attempt is closed too, unless its upstream job may still run (`drainAtMs`). */
export function endTask(
  task: Task,
  to: 'failed' | 'error',
  error: TaskError,
  nowMs: number,
  options: { drainAtMs?: number; warnings?: readonly string[]; events?: readonly TaskEvent[] } = {},
): Decision {
  return {
    to,
    dueAtMs: options.drainAtMs ?? null,
    patch: {
      error,
      completedAtMs: nowMs,
      outputs: null,
      missing: null,
      // Whether the last look found the job in its queue is chance, and the task waits for nobody any more.
      providerWaits: false,
      ...(options.warnings === undefined ? {} : { warnings: [...task.warnings, ...options.warnings] }),
    },
    events: options.events ?? [],
    ...(options.drainAtMs === undefined ? endAttempt(task, nowMs) : {}),
  }
}
