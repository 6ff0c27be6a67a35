import { taskError, type TaskError } from './errors.ts'
import { backoffMs, pollPauseMs, type Timing } from './schedule.ts'
import type { AttemptChange, Decision, DurationSample, Task, TaskEvent, TaskPatch } from './task.ts'
import type { TaskState } from './state.ts'
import type { Operation, Output, StartOutcome, Verdict } from './verdict.ts'

/** What a decision needs besides the task and what happened. */
export type Moment = {
  nowMs: number
  timing: Timing
  /** In [0, 1): for jitter. */
  random: number
  /** When this job was last seen unfinished; null before its first look. */
  lastLookAtMs: number | null
}

/** Two sightings of "no such task" count as one when they are closer than this. */
const SIGHTING_GAP_MS = 30_000

/** A stored success verdict keeps a task alive at least this long, whatever its deadline: the bytes are still there. */
const ARCHIVE_WINDOW_MS = 24 * 3_600_000

const SLOT_RECHECK_MS = 30_000
const NO_PROVIDER_RECHECK_MS = 60_000
const FIND_INTERVAL_MS = 15_000
const STORAGE_RECHECK_MS = 30_000

/** After so many failed downloads in a row the provider is asked for a fresh link. */
const DOWNLOADS_PER_LINK = 3

/** No later than the task's deadline: a task must always end. */
const due = (task: Task, atMs: number): number => Math.min(atMs, task.deadlineAtMs)

const stay = (
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

const endAttempt = (task: Task, nowMs: number): { attempt?: AttemptChange } =>
  task.attempt === null || task.attempt.endedAtMs !== null
    ? {}
    : { attempt: { kind: 'patch', n: task.attempt.n, patch: { endedAtMs: nowMs } } }

/** Ends a task without a video. The attempt is closed too, unless its upstream job may still run (`drainAtMs`). */
function endTask(
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
      ...(options.warnings === undefined ? {} : { warnings: [...task.warnings, ...options.warnings] }),
    },
    events: options.events ?? [],
    ...(options.drainAtMs === undefined ? endAttempt(task, nowMs) : {}),
  }
}

/** The task before its billable request: write-ahead, so that a crash can never lead to a second one. */
export function decideSubmit(task: Task, clientToken: string, nowMs: number): Decision {
  const candidate = task.candidates[task.candidate]
  if (candidate === undefined) throw new Error(`task ${task.id} has no candidate ${task.candidate}`)
  const n = (task.attempt?.n ?? 0) + 1
  return {
    to: 'submitting',
    dueAtMs: nowMs,
    patch: {},
    events: [
      { kind: 'submit.started', data: { attempt: n, account: candidate.account, model: candidate.model } },
    ],
    attempt: {
      kind: 'open',
      attempt: {
        n,
        account: candidate.account,
        model: candidate.model,
        state: 'submitting',
        clientToken,
        operation: null,
        startedAtMs: nowMs,
        answeredAtMs: null,
        endedAtMs: null,
      },
    },
  }
}

export const decideNoSlot = (task: Task, { nowMs }: Moment): Decision => stay(task, nowMs + SLOT_RECHECK_MS)

/** The task's account is no longer configured, or no candidate is: it waits until its deadline. */
export const decideNoProvider = (task: Task, { nowMs }: Moment): Decision =>
  stay(task, nowMs + NO_PROVIDER_RECHECK_MS)

/** What the billable request came to. `unknown`: its answer was lost. */
export type Submitted = StartOutcome | { kind: 'unknown'; detail: string; rawAnswer?: string | undefined }

export function decideSubmitted(task: Task, outcome: Submitted, moment: Moment): Decision {
  const { nowMs, timing, random } = moment
  const n = task.attempt?.n ?? 0
  switch (outcome.kind) {
    case 'accepted':
      return {
        ...accepted(n, outcome.operation, nowMs),
        to: 'running',
        dueAtMs: due(task, nowMs + pollPauseMs(0, timing, random)),
        patch: { providerWaits: true, faults: 0 },
      }
    case 'done':
      return acceptedWithOutput(task, outcome, moment)
    case 'rejected':
      return outcome.code === 'account'
        ? postpone(task, { state: 'rejected', detail: outcome.detail }, moment)
        : {
            ...endTask(task, 'failed', taskError(outcome.code, outcome.detail), nowMs),
            events: [
              { kind: 'submit.rejected', data: { attempt: n, code: outcome.code, detail: outcome.detail } },
            ],
            attempt: {
              kind: 'patch',
              n,
              patch: { state: 'rejected', answeredAtMs: nowMs, endedAtMs: nowMs },
            },
          }
    case 'not_sent':
      return postpone(
        task,
        { state: 'not_sent', detail: outcome.detail, retryAtMs: outcome.retryAtMs },
        moment,
      )
    case 'unknown':
      return {
        to: 'unknown',
        dueAtMs: due(task, nowMs + FIND_INTERVAL_MS),
        patch: { faults: 0 },
        events: [{ kind: 'submit.unknown', data: { attempt: n, detail: outcome.detail } }],
        attempt: {
          kind: 'patch',
          n,
          patch: { state: 'unknown' },
          ...(outcome.rawAnswer === undefined ? {} : { rawAnswer: outcome.rawAnswer }),
        },
      }
  }
}

function accepted(n: number, operation: Operation, nowMs: number): Pick<Decision, 'events' | 'attempt'> {
  return {
    events: [{ kind: 'submit.accepted', data: { attempt: n, provider_task_id: operation.providerTaskId } }],
    attempt: { kind: 'patch', n, patch: { state: 'accepted', operation, answeredAtMs: nowMs } },
  }
}

/** A synchronous provider: accepted and finished by one answer, whose operation the archive still needs. */
function acceptedWithOutput(
  task: Task,
  outcome: Extract<StartOutcome, { kind: 'done' }>,
  moment: Moment,
): Decision {
  const { nowMs } = moment
  const n = task.attempt?.n ?? 0
  return {
    ...succeeded(task, outcome, moment),
    events: accepted(n, outcome.operation, nowMs).events,
    attempt: {
      kind: 'patch',
      n,
      patch: {
        state: 'accepted',
        operation: outcome.operation,
        answeredAtMs: nowMs,
        endedAtMs: nowMs,
      },
    },
  }
}

/** Nothing was accepted: the next candidate at once, or after the last one a pause and the first again. */
function postpone(
  task: Task,
  refusal: { state: 'rejected' | 'not_sent'; detail: string; retryAtMs?: number | undefined },
  { nowMs, random }: Moment,
): Decision {
  const n = task.attempt?.n ?? 0
  const next = (task.candidate + 1) % task.candidates.length
  const faults = task.faults + 1
  const pauseUntilMs = refusal.retryAtMs ?? nowMs + backoffMs(faults, random)
  const fallback: TaskEvent[] =
    next === task.candidate ? [] : [{ kind: 'account.fallback', data: { candidate: next } }]
  return {
    to: 'queued',
    dueAtMs: due(task, next > task.candidate ? nowMs : pauseUntilMs),
    patch: { candidate: next, faults },
    events: [
      {
        kind: refusal.state === 'rejected' ? 'submit.rejected' : 'submit.not_sent',
        data: { attempt: n, detail: refusal.detail },
      },
      ...fallback,
    ],
    attempt: { kind: 'patch', n, patch: { state: refusal.state, answeredAtMs: nowMs, endedAtMs: nowMs } },
  }
}

/** Answer to the look-up of a lost submit. `impossible`: the provider offers none. */
export type Found = Operation | 'absent' | 'unsure' | 'impossible'

export function decideFound(task: Task, found: Found, moment: Moment): Decision {
  const { nowMs, timing, random } = moment
  if (found === 'absent') {
    return postpone(
      task,
      { state: 'not_sent', detail: 'the provider has no such task', retryAtMs: nowMs },
      moment,
    )
  }
  if (found === 'unsure') return stay(task, nowMs + FIND_INTERVAL_MS)
  if (found === 'impossible') return stay(task, task.deadlineAtMs)
  const n = task.attempt?.n ?? 0
  return {
    to: 'running',
    dueAtMs: due(task, nowMs + pollPauseMs(nowMs - (task.attempt?.startedAtMs ?? nowMs), timing, random)),
    patch: { providerWaits: true, faults: 0 },
    events: [{ kind: 'submit.found', data: { attempt: n, provider_task_id: found.providerTaskId } }],
    attempt: { kind: 'patch', n, patch: { state: 'accepted', operation: found, answeredAtMs: nowMs } },
  }
}

/** What a look at a running job means. */
export function decideVerdict(task: Task, verdict: Verdict, moment: Moment): Decision {
  const { nowMs, timing, random } = moment
  const ageMs = nowMs - (task.attempt?.startedAtMs ?? task.createdAtMs)
  const nextLookMs = nowMs + pollPauseMs(ageMs, timing, random)
  switch (verdict.kind) {
    case 'waiting':
    case 'running':
      return stay(task, nextLookMs, ...advanced(task, verdict.kind === 'waiting', verdict.progress))
    case 'done':
      return succeeded(task, verdict, moment)
    case 'failed':
      return endTask(task, 'failed', taskError(verdict.code, verdict.detail), nowMs)
    case 'gone':
      return missed(task, ageMs, moment)
    case 'unrecognised':
      // The provider still knows the job: an earlier "no such task" is withdrawn.
      return stay(task, nowMs + timing.intervalMaxMs, { faults: 0, missing: null }, [
        { kind: 'poll.unrecognised', data: { status: verdict.status } },
      ])
  }
}

/** Progress only rises and stays below 100 until the bytes are here. Nothing is written when nothing changed. */
function advanced(task: Task, waits: boolean, reported: number | undefined): [TaskPatch, TaskEvent[]] {
  const progress = Math.max(task.progress, Math.min(99, Math.max(0, Math.floor(reported ?? 0))))
  // A provider that says "waiting" again after it ran does not take a task back.
  const providerWaits = waits && task.providerWaits
  const patch: TaskPatch = {
    ...(progress === task.progress ? {} : { progress }),
    ...(providerWaits === task.providerWaits ? {} : { providerWaits }),
    ...(task.faults === 0 ? {} : { faults: 0 }),
    ...(task.missing === null ? {} : { missing: null }),
  }
  const news = patch.progress !== undefined || patch.providerWaits !== undefined
  return [patch, news ? [{ kind: 'poll.progress', data: { progress, waiting: providerWaits } }] : []]
}

type Success = { outputs: readonly Output[]; expiresAtMs?: number; finishedAtMs?: number }

function succeeded(task: Task, success: Success, moment: Moment): Decision {
  const { nowMs, random } = moment
  const expiresAtMs = success.expiresAtMs ?? null
  // A second success of the same job is only a fresh link: it must not push the deadline away for ever.
  const isFirst = task.attempt?.endedAtMs == null
  const deadlineAtMs = isFirst
    ? Math.max(task.deadlineAtMs, expiresAtMs ?? 0, nowMs + ARCHIVE_WINDOW_MS)
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
    ...(isFirst ? { duration: durationOf(task, success.finishedAtMs, moment) } : {}),
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

/** "No such task" is believed after a grace and two sightings well apart; until then it is a look without news. */
function missed(task: Task, ageMs: number, { nowMs, timing, random }: Moment): Decision {
  const nextLookMs = nowMs + pollPauseMs(ageMs, timing, random)
  if (ageMs < timing.missingGraceMs) return stay(task, nextLookMs)
  const { missing } = task
  if (missing === null) {
    return stay(
      task,
      nowMs + SIGHTING_GAP_MS,
      { missing: { firstAtMs: nowMs, lastAtMs: nowMs, sightings: 1 } },
      [{ kind: 'poll.missing' }],
    )
  }
  if (nowMs - missing.firstAtMs < SIGHTING_GAP_MS) return stay(task, missing.firstAtMs + SIGHTING_GAP_MS)
  const message =
    'The provider no longer knows this task. It may have been billed; create the video again if you need it.'
  return endTask(task, 'error', taskError('provider_task_lost', message), nowMs)
}

/** The question could not be asked: the task lives on, whatever the fault. */
export function decideFault(task: Task, detail: string, { nowMs, random }: Moment): Decision {
  const faults = task.faults + 1
  const events: TaskEvent[] = faults === 1 ? [{ kind: 'poll.faulted', data: { detail } }] : []
  return stay(task, nowMs + backoffMs(faults, random), { faults }, events)
}

export type ArchiveFault =
  /** The link is dead. */
  | { kind: 'link_dead'; detail: string }
  /** This download failed or brought something that is no video. */
  | { kind: 'download_failed'; detail: string }
  | { kind: 'storage_full'; detail: string }

export function decideArchiveFault(task: Task, fault: ArchiveFault, { nowMs, random }: Moment): Decision {
  const faults = task.faults + 1
  const events: TaskEvent[] = [{ kind: 'archive.faulted', data: { kind: fault.kind, detail: fault.detail } }]
  if (fault.kind === 'storage_full') {
    // A full disk pauses; it ends no task.
    const deadlineAtMs = Math.max(task.deadlineAtMs, nowMs + ARCHIVE_WINDOW_MS)
    return {
      to: 'archiving',
      dueAtMs: nowMs + STORAGE_RECHECK_MS,
      // Counted once, so that a long pause is one line of the timeline.
      patch: { deadlineAtMs, faults: Math.max(task.faults, 1) },
      events: task.faults === 0 ? events : [],
    }
  }
  if (fault.kind === 'link_dead' || faults % DOWNLOADS_PER_LINK === 0) {
    const pauseMs = faults === 1 ? 0 : backoffMs(faults, random)
    return { to: 'running', dueAtMs: due(task, nowMs + pauseMs), patch: { faults }, events }
  }
  return stay(task, nowMs + backoffMs(faults, random), { faults }, events)
}

export function decideStored(task: Task, stored: { bytes: number; sha256: string }, nowMs: number): Decision {
  return {
    to: 'completed',
    dueAtMs: null,
    patch: { progress: 100, completedAtMs: nowMs, outputs: null, faults: 0 },
    events: [{ kind: 'archive.stored', data: { bytes: stored.bytes, sha256: stored.sha256 } }],
    ...endAttempt(task, nowMs),
  }
}

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
