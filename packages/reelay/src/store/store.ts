import type { DurationSketch } from '../task/duration-sketch.ts'
import type { Attempt, Decision, Task, TaskEvent } from '../task/task.ts'
import type { AccessStore, KeyedTask } from './access-store.ts'
import type { Awaitable } from '../system/awaitable.ts'
import type { SignatureVerdict } from '../callbacks/signature-verdict.ts'
import type { TaskState } from '../task/state.ts'
import type { Operation } from '../task/verdict.ts'
import type { RetentionStore } from './retention-store.ts'
import type { Upkeep } from './upkeep.ts'
import type { WebhookStore } from './webhook-store.ts'

export type {
  ApiKey,
  KeyedTask,
  KeyReplacement,
  KeyScope,
  Limits,
  Project,
  ProjectLimits,
  ProjectUsage,
} from './access-store.ts'

/** A lease on one task: who may write it back, and against what. */
export type Claim = {
  taskId: string
  owner: string
  fence: number
  /** Compared at write-back: a wake that landed meanwhile makes the task due at once. */
  wakeSeq: number
  /** When the upstream job was last looked at; null before the first look. */
  lookedAtMs: number | null
  /** Extra looks made since a callback hinted at the end of the job; null when none has. */
  hintStep: number | null
  task: Task
}

/** One account's share of a claim: how much may be taken, and how fast its bucket refills. */
export type ClaimQuery = {
  owner: string
  account: string
  limit: number
  leaseMs: number
  perSecond: number
  burst: number
  /** While so many attempts hold a slot of the account, its queued tasks are put off rather than claimed; null: never. */
  slotsMax: number | null
  /** Nothing but what goes before the others that are due. */
  onlyFirst?: boolean
}

export type ClaimBatch = {
  claims: readonly Claim[]
  /** When something of this account can be claimed next; null when nothing is scheduled for it. */
  nextDueAtMs: number | null
  /** Due tasks whose rows cannot be read, by a newer version's hand or a damaged disk: leased, so that others come up. */
  unreadable: readonly string[]
}

/** A decision with the lease under which it was made. */
export type Move = Decision & {
  claim: Pick<Claim, 'taskId' | 'owner' | 'fence' | 'wakeSeq' | 'hintStep'>
  from: TaskState
  /** Account under which the task is scheduled next. */
  account: string
  /** Guard of a submit: the move is refused with `no_slot` when this many attempts hold a slot of the account. */
  slotsMax?: number
  /** Key of the duration statistics that `duration` belongs to. */
  durationKey?: string
  /** Keeps the lease for this long instead of giving it back: the step goes on after the commit. */
  keepLeaseMs?: number
  /** This move is the outcome of a look at the upstream job. */
  looked?: boolean
  /** What the look leaves of a callback's hint; absent: as it is. A hint that came meanwhile stays. */
  hintStep?: number | null
  artifacts?: readonly Artifact[]
}

export type CommitOutcome =
  /** The task as it now is. `dueAtMs`: somebody asked meanwhile for it to be due sooner than was decided. */
  | { kind: 'committed'; task: Task; dueAtMs?: number }
  /** Another owner claimed the task, or its state is no longer `from`: nothing was written, drop the result. */
  | { kind: 'fenced' }
  | { kind: 'no_slot' }
  /** Another task already owns that upstream job: nothing was written. */
  | { kind: 'operation_taken'; taskId: string }

/** An attempt that a provider may call back about. */
export type CallbackTarget = { projectId: string; taskId: string; attempt: number; account: string }

/** A callback as it arrived, and what its provider's adapter reads in it. */
export type CallbackIn = Omit<CallbackTarget, 'account'> & {
  provider: string
  /** The same for copies of one callback. */
  dedupeKey: string
  headers: Readonly<Record<string, string>>
  body: Uint8Array
  verdict: SignatureVerdict
  /** Names the job, for a submit whose answer was lost: a look has to confirm it. */
  operation: Operation | null
  /** `ended`: it claims that the job is over. */
  hint: 'ended' | 'moved'
}

/** A job by the provider's id, or by how that id ends. */
export type JobName = { id: string } | { idEnd: string }

/** A callback at an address for all jobs of an account. */
export type AccountCallbackIn = Omit<CallbackIn, 'projectId' | 'taskId' | 'attempt'> & {
  account: string
  job: JobName | null
}

/** `full`: so many of this attempt are kept already that this one is not. */
export type CallbackOutcome = 'kept' | 'repeated' | 'full'

/** `about`: the callback of the attempt whose job it named; null: it named no job of anybody here. */
export type AccountCallbackOutcome = { outcome: CallbackOutcome; about: CallbackIn | null }

export type ArtifactRole = 'input' | 'video' | 'thumbnail' | 'spritesheet' | 'last_frame'

export type Artifact = {
  role: ArtifactRole
  index: number
  storageKey: string
  sha256: string
  bytes: number
  mime: string
  width: number | null
  height: number | null
  /** Of a spritesheet, what one of its frames stands for. */
  durationMs: number | null
  /** As RFC 6381 writes it, with that of the sound; in one word where the file does not tell more. */
  codec: string | null
}

export type TaskInsert = {
  task: Task
  account: string
  dueAtMs: number
  artifacts: readonly Artifact[]
  events: readonly TaskEvent[]
  /** From the `Idempotency-Key` header. */
  idempotency: { route: string; key: string; fingerprint: string; expiresAtMs: number } | null
  /** From an unmodified client's retry counter: see http/idempotency.ts. */
  replay: { fingerprint: string; clientAttempt: number; joinableSinceMs: number } | null
  /** Of the project; null is no limit. */
  limits: { inFlightMax: number | null; perDayMax: number | null }
}

export type InsertOutcome =
  | { kind: 'created'; task: Task; replayId: string | null }
  /** The same request was seen before. `task` is undefined when that task has been deleted since. */
  | { kind: 'replayed'; by: 'key' | 'client_retry'; task: Task | undefined; replayId: string | null }
  /** The key was used for a different request. */
  | { kind: 'key_reused' }
  /** The project has as many tasks as it may have: under way, or made this UTC day (`dayEndsAtMs`). */
  | { kind: 'limited'; by: 'in_flight'; max: number }
  | { kind: 'limited'; by: 'per_day'; max: number; dayEndsAtMs: number }

/** A task of a job that was made elsewhere: it is under way from the start, with its attempt. */
export type TaskAdoption = TaskInsert & { task: Task & { attempt: Attempt } }

export type AdoptOutcome =
  | InsertOutcome
  /** A task follows that job already, or has its video: nothing was written. */
  | { kind: 'operation_taken'; projectId: string; taskId: string; isDeleted: boolean }

/** Whose wish it is, for the timeline. */
export type WishOrigin = { keyId: string; requestId: string }

export type IdempotentUse = { fingerprint: string; taskId: string }

export type ListQuery = {
  projectId: string
  limit: number
  order: 'asc' | 'desc'
  /** Position of the last task of the previous page. */
  after: { createdAtMs: number; id: string } | null
  states: readonly TaskState[] | null
  /** Narrows `running` by whether the provider says that the job waits; null: either. */
  runningWaits: boolean | null
  model: string | null
}

export type TaskPage = { tasks: readonly Task[]; hasMore: boolean }

/** Tasks of a project by the time of their last change that clients can see. */
export type ChangedQuery = {
  projectId: string
  /** Position of the last task of the previous page. */
  after: { updatedAtMs: number; id: string }
  limit: number
}

/** How far a task is: one of the three changes with everything that clients can see of it. */
export type TaskMark = { id: string; version: number; seq: number; isDeleted: boolean }

export type TimelineEntry = TaskEvent & { seq: number; atMs: number }

/** Part of a timeline: what comes after `seq`. */
export type TimelinePart = { seq: number; limit: number }

/** Which callbacks of a task to show, the oldest first. */
export type CallbackQuery = {
  taskId: string
  limit: number
  /** Bodies of a page together; one that is larger comes alone. */
  bytesMax: number
  /** Id of the last one of the previous page. */
  after: string | null
}

/** A callback that was kept. */
export type KeptCallback = Pick<CallbackIn, 'attempt' | 'provider' | 'headers' | 'body' | 'verdict'> & {
  id: string
  receivedAtMs: number
}

export type CallbackPage = { callbacks: readonly KeptCallback[]; hasMore: boolean }

/** `scheduled`: created, woken or wished for by a client. `moved`: something else that clients can see, the timeline included. */
export type ChangeKind = 'scheduled' | 'moved'

/** Tasks of one account in one state that are on the schedule. */
export type ScheduledCount = { account: string; state: TaskState; count: number; oldestDueAtMs: number }

export type ChangeListener = (taskId: string, kind: ChangeKind) => void

/** A write was not stored, and the same one may succeed later: disk full, I/O error, database locked, store closed. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable'
  /** Only the answer to the commit was lost: the write may be stored all the same. */
  readonly mayBeStored: boolean

  constructor(message: string, options: ErrorOptions & { mayBeStored?: boolean } = {}) {
    super(message, options)
    this.mayBeStored = options.mayBeStored ?? false
  }
}

/** A process that works on this database. */
export type Instance = {
  id: string
  version: string
  /** What it does: `api`, `worker` or `all`. */
  role: string
  host: string
  startedAtMs: number
  /** When it last said that it lives. */
  seenAtMs: number
}

/**
 * What the engine and the HTTP layer ask of a database. Every verb is atomic; times are epoch milliseconds. Reads and
 * writes throw `StoreUnavailable` when the database cannot be asked now.
 */
export interface Store extends AccessStore {
  /** The outbox, on the same database. */
  readonly webhooks: WebhookStore
  readonly upkeep: Upkeep
  /** What is removed when its time is over. */
  readonly retention: RetentionStore

  /**
   * What an `Idempotency-Key` was last used for; undefined when it is free or expired. Only a look: `insertTask` has the
   * final word.
   */
  findIdempotent(projectId: string, route: string, key: string): Awaitable<IdempotentUse | undefined>
  /** Task, schedule row, inputs, timeline and idempotency row in one transaction. */
  insertTask(insert: TaskInsert): Promise<InsertOutcome>
  /**
   * The same for a job that was made elsewhere. A job of a task of the same project that ended without a video, or was
   * deleted since, is taken over from it.
   */
  adoptTask(adoption: TaskAdoption): Promise<AdoptOutcome>
  /** The response to a create left this process: a later retry of the same client is a new request. */
  markAnswered(replayId: string): Promise<void>
  /** Undefined for a missing, deleted or foreign task. Marks nothing. */
  findTask(projectId: string, id: string): Awaitable<Task | undefined>
  /** What `findKey` and `findTask` of its project answer, in one read; undefined when either would be. */
  findKeyedTask(secretHash: string, id: string): Awaitable<KeyedTask | undefined>
  /** Like `findTask`, whatever the project and also when deleted: for the engine and for signed links. */
  loadTask(id: string): Awaitable<Task | undefined>
  /** Several at once, also deleted ones. What is not there, or cannot be read, is left out. */
  loadTasks(ids: readonly string[]): Promise<readonly Task[]>
  /** How far these tasks are, without reading their rows. */
  taskMarks(ids: readonly string[]): Promise<readonly TaskMark[]>
  /** A page of a project's tasks by their last change, tombstones included. */
  changedTasks(query: ChangedQuery): Promise<TaskPage>
  /** The task was seen by its client: later retries of its create are new requests. */
  markRetrieved(id: string): Promise<void>
  listTasks(query: ListQuery): Promise<TaskPage>
  /** Position of a task for keyset pages, tombstones included; undefined for an unknown or foreign id. */
  positionOf(projectId: string, id: string): Awaitable<{ createdAtMs: number; id: string } | undefined>
  artifacts(taskId: string): Awaitable<readonly Artifact[]>
  /** Those of many tasks at a time, by task; nothing for a task that has none. */
  artifactsOf(taskIds: readonly string[]): Promise<ReadonlyMap<string, readonly Artifact[]>>
  removeArtifacts(taskId: string, roles: readonly ArtifactRole[]): Promise<void>
  /** Whole when no part is named. */
  timeline(taskId: string, part?: TimelinePart): Promise<readonly TimelineEntry[]>
  /** Undefined when `after` names no callback of the task. */
  listCallbacks(query: CallbackQuery): Promise<CallbackPage | undefined>
  /** Stores the wish and wakes the task. The engine acts on it. Undefined when there is no such task. */
  requestCancel(projectId: string, id: string, by?: WishOrigin): Promise<Task | undefined>
  /** Hides the task, asks for its cancellation and wakes it. Undefined when there is no such task. */
  deleteTask(projectId: string, id: string, by?: WishOrigin): Promise<Task | undefined>

  /** Leases due tasks of one account, as many as its bucket grants. */
  claimDue(query: ClaimQuery): Promise<ClaimBatch>
  /** Extends a lease. False when it was lost. */
  renew(claim: Claim, leaseMs: number): Promise<boolean>
  /** Gives claims back untouched: they are due at once. */
  release(claims: readonly Pick<Claim, 'taskId' | 'owner' | 'fence'>[]): Promise<void>
  /** The only writer of task state. */
  commit(move: Move): Promise<CommitOutcome>
  /** Makes a task due now, also when it is being worked on. */
  wake(taskId: string): Promise<void>
  /**
   * The answer to a submit arrived after its lease was lost. Kept with the attempt while its outcome is unknown (a look
   * then confirms it), else noted on the timeline as an orphan.
   */
  recordLateAnswer(taskId: string, attempt: number, operation: Operation): Promise<void>
  /** Undefined for an unknown token. */
  findCallbackTarget(tokenHash: string): Awaitable<CallbackTarget | undefined>
  /** Keeps a callback, and nothing else: its sender waits for that, and for nothing more. */
  recordCallback(callback: CallbackIn): Promise<CallbackOutcome>
  /** The same for a callback that came to an account's address, by the job that it names. */
  recordAccountCallback(callback: AccountCallbackIn): Promise<AccountCallbackOutcome>
  /**
   * Brings the next look forward for a callback that was kept, as often as its task's bucket allows. Changes nothing else. When
   * that is lost, as in a crash, the task is looked at when it was planned to be.
   */
  heedCallback(callback: CallbackIn, isNew: boolean): Promise<void>
  /** Files that nobody needs any more: inputs of ended tasks, everything of deleted ones. */
  removableArtifacts(limit: number): Promise<readonly (Artifact & { taskId: string })[]>
  pauseAccount(account: string, untilMs: number, reason: string): Promise<void>
  pausedUntilMs(account: string): Awaitable<number | null>
  /** Why the account was paused last; null when it never was. */
  pauseReason(account: string): Awaitable<string | null>
  /** Attempts that hold a slot of the account. */
  inFlight(account: string): Awaitable<number>
  /** Accounts that have scheduled tasks, configured or not. */
  scheduledAccounts(): Promise<readonly string[]>
  /** How many tasks are on the schedule, for an operator's figures: it looks at every one of them. */
  countScheduled(): Promise<readonly ScheduledCount[]>
  /** Embedded start: the only owner takes back what the last process held. */
  clearLeases(): Promise<void>
  /** What was seen of one kind of job, by all processes. */
  durations(key: string): Awaitable<DurationSketch>

  /** Says that this process lives; once in a while. */
  beat(instance: Omit<Instance, 'seenAtMs'>): Promise<void>
  /** It ends in order. */
  leave(instanceId: string): Promise<void>
  /** Processes that were heard of in the last day. */
  instances(): Promise<readonly Instance[]>

  /**
   * Called after the commit with every task that a write changed, or whose timeline it made longer: long polls and event
   * streams wake up, and the engine looks at once at what was `scheduled`.
   */
  onChange(listener: ChangeListener): () => void
  close(): Promise<void>
}
