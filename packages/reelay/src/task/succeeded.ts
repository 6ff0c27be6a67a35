import { backoffMs } from './schedule.ts'
import { ARCHIVE_WINDOW_MS, endAttempt, type Moment } from './decision.ts'
import { isAdopted } from './is-adopted.ts'
import type { Decision, DurationSample, Task } from './task.ts'
import type { Output } from './verdict.ts'

/** A link that is said to live longer, or for ever, holds a task no longer than the longest deadline that a client may set. */
const LINK_WINDOW_MS_MAX = 7 * 24 * 3_600_000

type Success = { outputs: readonly Output[]; expiresAtMs?: number; finishedAtMs?: number }

/** The provider has the video: from here on it is a matter of bringing it here. */
export function succeeded(task: Task, success: Success, moment: Moment): Decision {
  const { nowMs, random } = moment
  const expiresAtMs = success.expiresAtMs ?? null
  const linkEndsAtMs = Math.min(expiresAtMs ?? 0, nowMs + LINK_WINDOW_MS_MAX)
  // A second success of the same job is only a fresh link: it must not push the deadline away for ever.
  const isFirst = task.attempt?.endedAtMs == null
  const deadlineAtMs = isFirst
    ? Math.max(task.deadlineAtMs, linkEndsAtMs, nowMs + ARCHIVE_WINDOW_MS)
    : task.deadlineAtMs
  return {
    to: 'archiving',
    // A link that died before is not asked for again in a hot loop.
    dueAtMs: Math.min(task.faults === 0 ? nowMs : nowMs + backoffMs(task.faults, random), deadlineAtMs),
    patch: {
      outputs: success.outputs,
      outputsExpireAtMs: expiresAtMs,
      providerWaits: false,
      missing: null,
      deadlineAtMs,
    },
    events: [],
    ...endAttempt(task, nowMs),
    ...(isFirst && !isAdopted(task) ? { duration: durationOf(task, success.finishedAtMs, moment) } : {}),
  }
}

/** The job ended between the last look that was not done and this one. */
function durationOf(
  task: Task,
  finishedAtMs: number | undefined,
  { nowMs, lastLookAtMs }: Moment,
): DurationSample {
  const startedAtMs = task.attempt?.startedAtMs ?? task.createdAtMs
  return {
    lowerMs: Math.max(0, (lastLookAtMs ?? startedAtMs) - startedAtMs),
    upperMs: Math.max(0, nowMs - startedAtMs),
    exactMs: finishedAtMs === undefined ? null : Math.max(0, finishedAtMs - startedAtMs),
  }
}
