import { ARCHIVE_WINDOW_MS, endAttempt, endTask, type Moment } from './decision.ts'
import { taskError } from './errors.ts'
import type { TaskState } from './state.ts'
import type { Decision, Task, TaskEvent } from './task.ts'
import type { Verdict } from './verdict.ts'

/** States in which a wish to cancel can be acted on: the others remember it. */
export const canCancel = (state: TaskState): boolean =>
  state === 'queued' || state === 'running' || state === 'archiving'

/** What an upstream cancel came to. `not_needed`: nothing runs upstream. `refused`: too late, or not possible. */
export type CancelOutcome = 'not_needed' | 'cancelled' | 'refused' | 'unsupported'

export function decideCancel(task: Task, outcome: CancelOutcome, moment: Moment): Decision {
  const { nowMs, timing } = moment
  const error = taskError('cancelled', 'The video was cancelled on request.')
  if (outcome === 'not_needed' || outcome === 'cancelled') {
    const events: TaskEvent[] = outcome === 'cancelled' ? [{ kind: 'cancel.sent' }] : []
    return endTask(task, 'failed', error, nowMs, { events })
  }
  return endTask(task, 'failed', error, nowMs, {
    drainAtMs: nowMs + timing.intervalMaxMs,
    warnings: ['upstream_may_still_bill'],
    events: [{ kind: outcome === 'refused' ? 'cancel.sent' : 'cancel.unsupported', data: { outcome } }],
  })
}

/**
 * The deadline has passed. `cancel` tells what the upstream cancel of a running job came to, `served` whether any of the
 * task's candidates is configured.
 */
export function decideDeadline(
  task: Task,
  { cancel, served }: { cancel: CancelOutcome; served: boolean },
  moment: Moment,
): Decision {
  const { nowMs, timing } = moment
  if (task.state === 'queued' && !served) {
    const message = 'No provider that could serve the task is configured any more. Nothing was billed.'
    return endTask(task, 'error', taskError('no_provider', message), nowMs)
  }
  if (task.state === 'queued') {
    const message =
      'No provider accepted the task before its deadline. Nothing was billed; create the video again.'
    return endTask(task, 'error', taskError('never_submitted', message), nowMs)
  }
  if (task.state === 'unknown') {
    const message =
      'The answer to the submission was lost and the provider offers no way to find it. It may have been billed once; ' +
      'it was never sent again.'
    return endTask(task, 'error', taskError('submit_outcome_unknown', message), nowMs)
  }
  // Also while a fresh link is asked for: a video that was finished once is lost, not late.
  if (task.state === 'archiving' || task.outputs !== null) {
    const message =
      'The provider finished the video, but its bytes could not be fetched before the link died.'
    return endTask(task, 'error', taskError('output_lost', message), nowMs)
  }
  const message = 'The provider did not finish before the deadline. Set a longer `deadline` for slow models.'
  const drained = cancel === 'cancelled' || cancel === 'not_needed'
  const options = drained
    ? {}
    : { drainAtMs: nowMs + timing.intervalMaxMs, warnings: ['upstream_may_still_bill'] }
  return endTask(task, 'error', taskError('deadline_exceeded', message), nowMs, options)
}

/** An ended task whose upstream job may still run keeps its slot until that job ends, or a day after the deadline. */
export function decideDrain(
  task: Task,
  verdict: Verdict | 'unavailable',
  { nowMs, timing }: Moment,
): Decision {
  const over =
    nowMs >= task.deadlineAtMs + ARCHIVE_WINDOW_MS ||
    (verdict !== 'unavailable' && ['done', 'failed', 'gone'].includes(verdict.kind))
  return over
    ? { to: task.state, dueAtMs: null, patch: {}, events: [], ...endAttempt(task, nowMs) }
    : { to: task.state, dueAtMs: nowMs + timing.intervalMaxMs, patch: {}, events: [] }
}
