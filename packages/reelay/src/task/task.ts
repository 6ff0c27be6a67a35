import type { TaskError } from './errors.ts'
import type { Candidate, VideoRequest } from './request.ts'
import type { TaskState } from './state.ts'
import type { Operation, Output } from './verdict.ts'
import type { StatusProfile } from './wire-status.ts'

/** One submission to one provider account. `n` is never reused: each attempt has at most one billable request. */
export type Attempt = {
  n: number
  account: string
  model: string
  state: AttemptState
  /** Sent to providers that take a client id; also how a lost answer is found again. */
  clientToken: string
  operation: Operation | null
  startedAtMs: number
  answeredAtMs: number | null
  /** When the upstream job was last known to hold a slot of the account; null while it may still run. */
  endedAtMs: number | null
}

export type AttemptState = 'submitting' | 'accepted' | 'rejected' | 'not_sent' | 'unknown'

/** How often and since when a provider said that it has no such task. */
export type Missing = { firstAtMs: number; lastAtMs: number; sightings: number }

/** A stored task, whole: the row of `tasks` with its current attempt. Times are epoch milliseconds. */
export type Task = {
  id: string
  projectId: string
  profile: StatusProfile
  state: TaskState
  /** The provider says that the job waits in its own queue: still `queued` to clients. */
  providerWaits: boolean
  /** 0..99 while under way, never decreasing; 100 only when completed. */
  progress: number
  request: VideoRequest
  /** None for an adopted task: nothing is ever submitted for it. */
  candidates: readonly Candidate[]
  /** Index into `candidates` of the one in use. */
  candidate: number
  attempt: Attempt | null
  /** Set from the first success verdict until the archive is done. */
  outputs: readonly Output[] | null
  outputsExpireAtMs: number | null
  missing: Missing | null
  /** Failed looks or tries since the last one that worked: for backing off. */
  faults: number
  warnings: readonly string[]
  error: TaskError | null
  callbackUrl: string | null
  metadata: Readonly<Record<string, unknown>> | null
  createdAtMs: number
  updatedAtMs: number
  completedAtMs: number | null
  deadlineAtMs: number
  cancelRequestedAtMs: number | null
  deletedAtMs: number | null
  /** Of a completed one: its files are removed then; null: never. */
  expiresAtMs: number | null
  /** Rises with each change that a client can see. */
  version: number
}

/** The fields that a `Move` may change. Everything else is fixed at create. */
export type TaskPatch = Partial<
  Pick<
    Task,
    | 'providerWaits'
    | 'progress'
    | 'candidate'
    | 'outputs'
    | 'outputsExpireAtMs'
    | 'missing'
    | 'faults'
    | 'warnings'
    | 'error'
    | 'completedAtMs'
    | 'deadlineAtMs'
    | 'expiresAtMs'
  >
>

/** One line of a task's timeline. `kind` is noun-first; `data` is small plain JSON without secrets. */
export type TaskEvent = { kind: TaskEventKind; data?: Readonly<Record<string, unknown>> }

export type TaskEventKind =
  | 'task.created'
  | 'task.adopted'
  | 'task.state'
  | 'task.cancel_requested'
  | 'task.deleted'
  | 'task.files_expired'
  | 'submit.started'
  | 'submit.accepted'
  | 'submit.rejected'
  | 'submit.not_sent'
  | 'submit.unknown'
  | 'submit.found'
  | 'poll.progress'
  | 'poll.unrecognised'
  | 'poll.missing'
  | 'poll.faulted'
  | 'cancel.sent'
  | 'cancel.unsupported'
  | 'archive.faulted'
  | 'archive.stored'
  | 'account.fallback'
  | 'upstream.orphan'
  | 'upstream.adopted'
  | 'callback.received'
  | 'webhook.delivered'
  | 'webhook.failed'
  | 'webhook.exhausted'
  | 'webhook.cancelled'

/** A change to the attempt that a `Move` carries. */
export type AttemptChange =
  | { kind: 'open'; attempt: Attempt; callbackTokenHash?: string }
  | {
      kind: 'patch'
      n: number
      patch: Partial<Pick<Attempt, 'state' | 'operation' | 'answeredAtMs' | 'endedAtMs'>>
      rawAnswer?: string
    }
  /** The provider has no job of the id that it is looked for under: another one may be tried. */
  | { kind: 'refuted'; n: number }

/**
 * What `decide` wants done: plain data. `store.commit` adds nothing to it and is the only writer of task state.
 * `dueAtMs: null` takes the task off the schedule.
 */
export type Decision = {
  to: TaskState
  dueAtMs: number | null
  patch: TaskPatch
  events: readonly TaskEvent[]
  attempt?: AttemptChange
  /** Learned from this look: when the job was last seen unfinished and first seen finished. */
  duration?: DurationSample
}

/** Interval-censored: the job took between `lowerMs` and `upperMs`; `exactMs` if the provider told its own finish time. */
export type DurationSample = { lowerMs: number; upperMs: number; exactMs: number | null }
