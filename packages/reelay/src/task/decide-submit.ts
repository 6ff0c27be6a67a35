import { ageOf, due, endTask, stay, type Moment } from './decision.ts'
import { taskError } from './errors.ts'
import { nextPauseMs } from './next-pause.ts'
import { backoffMs } from './schedule.ts'
import { succeeded } from './succeeded.ts'
import type { Decision, Task, TaskEvent } from './task.ts'
import type { Operation, StartOutcome } from './verdict.ts'

const SLOT_RECHECK_MS = 30_000
const NO_PROVIDER_RECHECK_MS = 60_000
const FIND_INTERVAL_MS = 15_000

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

/** The account of the task's attempt is no longer configured, or that of no candidate: it waits until its deadline. */
export const decideNoProvider = (task: Task, { nowMs }: Moment): Decision =>
  stay(task, nowMs + NO_PROVIDER_RECHECK_MS)

/** The candidate's account is no longer configured, but another one's is. Coming round again waits, as after a refusal. */
export function decideSkip(task: Task, candidate: number, { nowMs, random }: Moment): Decision {
  const pauseMs = candidate > task.candidate ? 0 : backoffMs(task.faults, random)
  return stay(task, nowMs + pauseMs, { candidate }, [{ kind: 'account.fallback', data: { candidate } }])
}

/** What the billable request came to. `unknown`: its answer was lost. */
export type Submitted = StartOutcome | { kind: 'unknown'; detail: string; rawAnswer?: string | undefined }

export function decideSubmitted(task: Task, outcome: Submitted, moment: Moment): Decision {
  const { nowMs } = moment
  const n = task.attempt?.n ?? 0
  switch (outcome.kind) {
    case 'accepted':
      return {
        ...accepted(n, outcome.operation, nowMs),
        to: 'running',
        dueAtMs: due(task, nowMs + nextPauseMs(ageOf(task, nowMs), moment)),
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

/** The attempt was to be stored before its request, and the store did not say whether it was: nothing was sent for it. */
export function decideWithdrawn(task: Task, detail: string, { nowMs }: Moment): Decision {
  const n = task.attempt?.n ?? 0
  return {
    to: 'queued',
    dueAtMs: due(task, nowMs),
    patch: {},
    events: [{ kind: 'submit.not_sent', data: { attempt: n, detail } }],
    attempt: { kind: 'patch', n, patch: { state: 'not_sent', answeredAtMs: nowMs, endedAtMs: nowMs } },
  }
}

/** Answer to the look-up of a lost submit. `refuted`: there is no job of the id in question. `impossible`: no way to ask. */
export type Found = Operation | 'absent' | 'unsure' | 'refuted' | 'impossible'

export function decideFound(task: Task, found: Found, moment: Moment): Decision {
  const { nowMs } = moment
  if (found === 'absent') {
    return postpone(
      task,
      { state: 'not_sent', detail: 'the provider has no such task', retryAtMs: nowMs },
      moment,
    )
  }
  if (found === 'unsure') return stay(task, nowMs + FIND_INTERVAL_MS)
  if (found === 'refuted') {
    return {
      ...stay(task, nowMs + FIND_INTERVAL_MS),
      attempt: { kind: 'refuted', n: task.attempt?.n ?? 0 },
    }
  }
  if (found === 'impossible') return stay(task, task.deadlineAtMs)
  const n = task.attempt?.n ?? 0
  return {
    to: 'running',
    dueAtMs: due(task, nowMs + nextPauseMs(ageOf(task, nowMs), moment)),
    patch: { providerWaits: true, faults: 0 },
    events: [{ kind: 'submit.found', data: { attempt: n, provider_task_id: found.providerTaskId } }],
    attempt: { kind: 'patch', n, patch: { state: 'accepted', operation: found, answeredAtMs: nowMs } },
  }
}
