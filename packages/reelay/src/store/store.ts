import type { DurationSample, Decision, Task, TaskEvent } from '../task/task.ts'
import type { TaskState } from '../task/state.ts'
import type { Operation } from '../task/verdict.ts'
import type { WebhookStore } from './webhook-store.ts'

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

/** What a callback's signature says of it. `unsigned`: the provider does not sign, only the URL's token vouches for it. */
export type CallbackVerdict = 'trusted' | 'unsigned' | 'forged'

/** A callback as it arrived, and what its provider's adapter reads in it. */
export type CallbackIn = Omit<CallbackTarget, 'account'> & {
  provider: string
  /** The same for copies of one callback. */
  dedupeKey: string
  headers: Readonly<Record<string, string>>
  body: Uint8Array
  verdict: CallbackVerdict
  /** Names the job, for a submit whose answer was lost: a look has to confirm it. */
  operation: Operation | null
  /** `ended`: it claims that the job is over. */
  hint: 'ended' | 'moved'
}

/** `full`: so many of this attempt are kept already that this one is not. */
export type CallbackOutcome = 'kept' | 'repeated' | 'full'

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
  durationMs: number | null
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

export type TimelineEntry = TaskEvent & { seq: number; atMs: number }

export type Project = {
  id: string
  name: string
  createdAtMs: number
  /** In the place of the gateway's own; absent ones are the gateway's. */
  limits: ProjectLimits
}

/** Null: no limit. Rates are requests per minute. */
export type Limits = {
  createsPerMinute: number | null
  readsPerMinute: number | null
  inFlight: number | null
  perDay: number | null
}

export type ProjectLimits = Partial<Limits>

export type ProjectUsage = { inFlight: number; createdToday: number }

export type KeyScope = 'create' | 'read' | 'content' | 'admin'

export type ApiKey = {
  id: string
  projectId: string
  name: string
  scopes: readonly KeyScope[]
  profile: Task['profile']
  createdAtMs: number
  lastUsedAtMs: number | null
  /** From then on the key is refused; null: never. */
  expiresAtMs: number | null
  revokedAtMs: number | null
}

/** `scheduled`: created, woken or wished for by a client. `moved`: the engine committed something that clients can see. */
export type ChangeKind = 'scheduled' | 'moved'

export type ChangeListener = (taskId: string, kind: ChangeKind) => void

/** A write was not stored, and the same one may succeed later: disk full, I/O error, database locked, store closed. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable'
}

/**
 * What the engine and the HTTP layer ask of a database. Every verb is atomic; times are epoch milliseconds. Writes throw
 * `StoreUnavailable` when the database cannot store them now.
 */
export type KeyReplacement = {
  id: string
  expiresAtMs: number
  next: ApiKey
  secretHash: string
  /** No bound when absent. */
  countMax?: number
}

export interface Store {
  /** The outbox, on the same database. */
  readonly webhooks: WebhookStore

  /**
   * What an `Idempotency-Key` was last used for; undefined when it is free or expired. Only a look: `insertTask` has the
   * final word.
   */
  findIdempotent(projectId: string, route: string, key: string): IdempotentUse | undefined
  /** Task, schedule row, inputs, timeline and idempotency row in one transaction. */
  insertTask(insert: TaskInsert): Promise<InsertOutcome>
  /** The response to a create left this process: a later retry of the same client is a new request. */
  markAnswered(replayId: string): Promise<void>
  /** Undefined for a missing, deleted or foreign task. Marks nothing. */
  findTask(projectId: string, id: string): Task | undefined
  /** Like `findTask`, whatever the project and also when deleted: for the engine and for signed links. */
  loadTask(id: string): Task | undefined
  /** The task was seen by its client: later retries of its create are new requests. */
  markRetrieved(id: string): Promise<void>
  listTasks(query: ListQuery): Promise<TaskPage>
  /** Position of a task for keyset pages, tombstones included; undefined for an unknown or foreign id. */
  positionOf(projectId: string, id: string): { createdAtMs: number; id: string } | undefined
  artifacts(taskId: string): readonly Artifact[]
  removeArtifacts(taskId: string, roles: readonly ArtifactRole[]): Promise<void>
  timeline(taskId: string): Promise<readonly TimelineEntry[]>
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
  findCallbackTarget(tokenHash: string): CallbackTarget | undefined
  /** Keeps a callback and brings the next look forward, as often as its task's bucket allows. Changes nothing else. */
  recordCallback(callback: CallbackIn): Promise<CallbackOutcome>
  /** Files that nobody needs any more: inputs of ended tasks, everything of deleted ones. */
  removableArtifacts(limit: number): Promise<readonly (Artifact & { taskId: string })[]>
  pauseAccount(account: string, untilMs: number, reason: string): Promise<void>
  pausedUntilMs(account: string): number | null
  /** Attempts that hold a slot of the account. */
  inFlight(account: string): number
  /** Accounts that have scheduled tasks, configured or not. */
  scheduledAccounts(): Promise<readonly string[]>
  /** Embedded start: the only owner takes back what the last process held. */
  clearLeases(): Promise<void>
  durations(key: string): readonly DurationSample[]

  createProject(project: Project): Promise<void>
  listProjects(): Promise<readonly Project[]>
  /** A prepared read: limits are looked up with each request. */
  findProject(id: string): Project | undefined
  /** Undefined when there is no such project. */
  updateProject(id: string, patch: Partial<Pick<Project, 'name' | 'limits'>>): Promise<Project | undefined>
  projectUsage(id: string): Promise<ProjectUsage>
  /** Replaces a key of the same id. False when its project has `countMax` other live ones already: nothing was written. */
  createKey(key: ApiKey, secretHash: string, countMax?: number): Promise<boolean>
  /** The live key with this hash. */
  findKey(secretHash: string): ApiKey | undefined
  /** The key with this hash that is refused because it was revoked or has expired: for the log, never for an answer. */
  findDeadKey(secretHash: string): ApiKey | undefined
  listKeys(projectId: string | null): Promise<readonly ApiKey[]>
  /** Null project: of any. Undefined when there is no such live key there. */
  findKeyById(projectId: string | null, id: string): Promise<ApiKey | undefined>
  /** False when there is no such live key in that project; null: in any. */
  revokeKey(projectId: string | null, id: string): Promise<boolean>
  /**
   * Adds `next` and lets the key `id` expire then, in one transaction. Nothing is written when there is no such live key
   * (`missing`), or when the project of `next` would have more than `countMax` live ones (`full`).
   */
  replaceKey(replacement: KeyReplacement): Promise<'replaced' | 'missing' | 'full'>
  /** Lazily written: at most once a minute per key. */
  touchKey(id: string): Promise<void>

  /**
   * Called after the commit with every task that a write changed: long polls wake up, and the engine looks at once at
   * what was `scheduled`.
   */
  onChange(listener: ChangeListener): () => void
  close(): Promise<void>
}
