import type { Kysely } from 'kysely'
import { whenThere, type Awaitable } from '../../system/awaitable.ts'
import type { DurationSketch } from '../../task/duration-sketch.ts'
import type { Task } from '../../task/task.ts'
import type { Operation } from '../../task/verdict.ts'
import type * as Port from '../store.ts'
import type { Upkeep } from '../upkeep.ts'
import { recordAccountCallback } from './account-callbacks.ts'
import { pauseAccount } from './accounts.ts'
import { adoptTask } from './adopt-task.ts'
import type { Announcer } from './announcer.ts'
import { artifactsOf, removableArtifacts } from './artifact-rows.ts'
import { heedCallback, recordCallback } from './callbacks.ts'
import { claimDue } from './claim-due.ts'
import { commit } from './commit.ts'
import { clearDeliveryLeases } from './commit-delivery.ts'
import { countScheduled } from './count-scheduled.ts'
import { insertTask } from './insert-task.ts'
import { listCallbacks } from './callback-page.ts'
import { beat, leave, listInstances } from './instances.ts'
import * as keys from './keys.ts'
import { recordLateAnswer } from './late-answer.ts'
import { followSetBack } from './follow-clock.ts'
import { clearLeases, releaseLeases, renewLease, wakeTask } from './leases.ts'
import { changedTasks, listTasks } from './list-tasks.ts'
import { loadTasks, taskMarks } from './load-task.ts'
import * as projects from './projects.ts'
import type { Reads } from './reads.ts'
import type { Tables } from './schema.ts'
import { SqlRetention } from './sql-retention.ts'
import { SqlWebhooks } from './sql-webhooks.ts'
import { readTimeline } from './timeline.ts'
import { deleteTask, requestCancel } from './wishes.ts'
import type { Writer } from './writer.ts'

/** How often a key's last use is written down. */
const TOUCH_INTERVAL_MS = 60_000

/** Takes moves that only say when to look again; undefined for any other. */
export interface LookGroup {
  commit(move: Port.Move): Promise<Port.CommitOutcome> | undefined
}

/** What a database brings along to be a `Store`. */
export type SqlStoreParts = {
  writer: Writer
  /** For reads that no transaction needs. */
  reader: Kysely<Tables>
  reads: Reads
  announcer: Announcer
  /** The time that rows are compared with. */
  nowMs: () => number
  /** Writes looks without news together; absent: each by itself, like all else. */
  looks?: LookGroup
  /** Whether this process is the only one, so that whatever is leased at its start was held by its predecessor. */
  isAlone: boolean
  upkeep: Upkeep
  /** Releases the connections, after the last write. */
  close: () => Promise<void>
}

/** The `Store` port over the verbs, the same for every database. */
export class SqlStore implements Port.Store {
  readonly webhooks: SqlWebhooks
  readonly upkeep: Upkeep
  readonly retention: SqlRetention
  readonly #parts: SqlStoreParts
  readonly #writer: Writer
  readonly #reader: Kysely<Tables>
  readonly #reads: Reads
  readonly #touchedAtMs = new Map<string, number>()

  constructor(parts: SqlStoreParts) {
    this.#parts = parts
    this.#writer = parts.writer
    this.#reader = parts.reader
    this.#reads = parts.reads
    this.webhooks = new SqlWebhooks(parts)
    this.upkeep = parts.upkeep
    this.retention = new SqlRetention(parts)
  }

  findIdempotent(projectId: string, route: string, key: string): Awaitable<Port.IdempotentUse | undefined> {
    return this.#reads.idempotent(projectId, route, key)
  }

  insertTask(insert: Port.TaskInsert): Promise<Port.InsertOutcome> {
    return this.#writer.write((transaction) => insertTask(transaction, insert))
  }

  adoptTask(adoption: Port.TaskAdoption): Promise<Port.AdoptOutcome> {
    return this.#writer.write((transaction) => adoptTask(transaction, adoption))
  }

  markAnswered(replayId: string): Promise<void> {
    return this.#writer.write(async ({ db, nowMs }) => {
      await db.updateTable('client_replays').set({ answered_at: nowMs }).where('id', '=', replayId).execute()
    })
  }

  findTask(projectId: string, id: string): Awaitable<Task | undefined> {
    return whenThere(this.#reads.task(id), (task) =>
      task?.projectId === projectId && task.deletedAtMs === null ? task : undefined,
    )
  }

  findKeyedTask(secretHash: string, id: string): Awaitable<Port.KeyedTask | undefined> {
    return this.#reads.keyedTask(secretHash, id)
  }

  loadTask(id: string): Awaitable<Task | undefined> {
    return this.#reads.task(id)
  }

  async loadTasks(ids: readonly string[]): Promise<readonly Task[]> {
    const { tasks } = await loadTasks({ db: this.#reader }, ids)
    return [...tasks.values()]
  }

  taskMarks(ids: readonly string[]): Promise<readonly Port.TaskMark[]> {
    return taskMarks(this.#reader, ids)
  }

  changedTasks(query: Port.ChangedQuery): Promise<Port.TaskPage> {
    return changedTasks(this.#reader, query)
  }

  markRetrieved(id: string): Promise<void> {
    return this.#writer.write(async ({ db, nowMs }) => {
      await db
        .updateTable('tasks')
        .set({ retrieved_at: nowMs })
        .where('id', '=', id)
        .where('retrieved_at', 'is', null)
        .execute()
    })
  }

  listTasks(query: Port.ListQuery): Promise<Port.TaskPage> {
    return listTasks(this.#reader, query)
  }

  positionOf(projectId: string, id: string): Awaitable<{ createdAtMs: number; id: string } | undefined> {
    return this.#reads.position(projectId, id)
  }

  artifacts(taskId: string): Awaitable<readonly Port.Artifact[]> {
    return this.#reads.artifacts(taskId)
  }

  artifactsOf(taskIds: readonly string[]): Promise<ReadonlyMap<string, readonly Port.Artifact[]>> {
    return artifactsOf(this.#reader, taskIds)
  }

  removeArtifacts(taskId: string, roles: readonly Port.ArtifactRole[]): Promise<void> {
    return this.#writer.write(async ({ db }) => {
      await db
        .deleteFrom('artifacts')
        .where('task_id', '=', taskId)
        .where('role', 'in', [...roles])
        .execute()
    })
  }

  timeline(taskId: string, part?: Port.TimelinePart): Promise<readonly Port.TimelineEntry[]> {
    return readTimeline(this.#reader, taskId, part)
  }

  listCallbacks(query: Port.CallbackQuery): Promise<Port.CallbackPage | undefined> {
    return listCallbacks(this.#reader, query)
  }

  requestCancel(projectId: string, id: string, by?: Port.WishOrigin): Promise<Task | undefined> {
    return this.#writer.write((transaction) => requestCancel(transaction, projectId, id, by))
  }

  deleteTask(projectId: string, id: string, by?: Port.WishOrigin): Promise<Task | undefined> {
    return this.#writer.write((transaction) => deleteTask(transaction, projectId, id, by))
  }

  claimDue(query: Port.ClaimQuery): Promise<Port.ClaimBatch> {
    return this.#writer.write((transaction) => claimDue(transaction, query))
  }

  renew(claim: Port.Claim, leaseMs: number): Promise<boolean> {
    return this.#writer.write((transaction) => renewLease(transaction, claim, leaseMs))
  }

  release(claims: readonly Pick<Port.Claim, 'taskId' | 'owner' | 'fence'>[]): Promise<void> {
    return this.#writer.write((transaction) => releaseLeases(transaction, claims))
  }

  commit(move: Port.Move): Promise<Port.CommitOutcome> {
    return this.#parts.looks?.commit(move) ?? this.#writer.write((transaction) => commit(transaction, move))
  }

  wake(taskId: string): Promise<void> {
    return this.#writer.write(async (transaction) => {
      await wakeTask(transaction, taskId)
      transaction.changed.set(taskId, 'scheduled')
    })
  }

  recordLateAnswer(taskId: string, attempt: number, operation: Operation): Promise<void> {
    return this.#writer.write((transaction) => recordLateAnswer(transaction, taskId, attempt, operation))
  }

  findCallbackTarget(tokenHash: string): Awaitable<Port.CallbackTarget | undefined> {
    return this.#reads.callbackTarget(tokenHash)
  }

  recordCallback(callback: Port.CallbackIn): Promise<Port.CallbackOutcome> {
    return this.#writer.write((transaction) => recordCallback(transaction, callback))
  }

  recordAccountCallback(callback: Port.AccountCallbackIn): Promise<Port.AccountCallbackOutcome> {
    return this.#writer.write((transaction) => recordAccountCallback(transaction, callback))
  }

  heedCallback(callback: Port.CallbackIn, isNew: boolean): Promise<void> {
    return this.#writer.writeSoon((transaction) => heedCallback(transaction, callback, isNew))
  }

  removableArtifacts(limit: number): Promise<readonly (Port.Artifact & { taskId: string })[]> {
    return removableArtifacts(this.#reader, limit)
  }

  pauseAccount(account: string, untilMs: number, reason: string): Promise<void> {
    return this.#writer.write((transaction) => pauseAccount(transaction, account, untilMs, reason))
  }

  pausedUntilMs(account: string): Awaitable<number | null> {
    return this.#reads.pausedUntilMs(account)
  }

  pauseReason(account: string): Awaitable<string | null> {
    return this.#reads.pauseReason(account)
  }

  inFlight(account: string): Awaitable<number> {
    return this.#reads.inFlight(account)
  }

  async scheduledAccounts(): Promise<readonly string[]> {
    const rows = await this.#reader.selectFrom('schedule').select('account').distinct().execute()
    return rows.map((row) => row.account)
  }

  countScheduled(): Promise<readonly Port.ScheduledCount[]> {
    return countScheduled(this.#reader)
  }

  async clearLeases(): Promise<void> {
    if (!this.#parts.isAlone) return
    await this.#writer.write(async (transaction) => {
      await followSetBack(transaction)
      await clearLeases(transaction)
      await clearDeliveryLeases(transaction)
    })
  }

  durations(key: string): Awaitable<DurationSketch> {
    return this.#reads.durations(key)
  }

  createProject(project: Port.Project): Promise<void> {
    return this.#writer.write((transaction) => projects.createProject(transaction, project))
  }

  listProjects(): Promise<readonly Port.Project[]> {
    return projects.listProjects(this.#reader)
  }

  findProject(id: string): Awaitable<Port.Project | undefined> {
    return this.#reads.project(id)
  }

  updateProject(
    id: string,
    patch: Partial<Pick<Port.Project, 'name' | 'limits'>>,
  ): Promise<Port.Project | undefined> {
    return this.#writer.write((transaction) => projects.updateProject(transaction, id, patch))
  }

  projectUsage(id: string): Promise<Port.ProjectUsage> {
    return projects.projectUsage(this.#reader, id, this.#parts.nowMs())
  }

  createKey(key: Port.ApiKey, secretHash: string, countMax?: number): Promise<boolean> {
    return this.#writer.write((transaction) => keys.createKey(transaction, key, secretHash, countMax))
  }

  findKey(secretHash: string): Awaitable<Port.ApiKey | undefined> {
    return this.#reads.key(secretHash)
  }

  findDeadKey(secretHash: string): Awaitable<Port.ApiKey | undefined> {
    return this.#reads.deadKey(secretHash)
  }

  findKeyById(projectId: string | null, id: string): Promise<Port.ApiKey | undefined> {
    return keys.findKeyById(this.#reader, projectId, id)
  }

  listKeys(projectId: string | null): Promise<readonly Port.ApiKey[]> {
    return keys.listKeys(this.#reader, projectId)
  }

  revokeKey(projectId: string | null, id: string): Promise<boolean> {
    return this.#writer.write((transaction) => keys.revokeKey(transaction, projectId, id))
  }

  replaceKey(replacement: Port.KeyReplacement): Promise<'replaced' | 'missing' | 'full'> {
    return this.#writer.write((transaction) => keys.replaceKey(transaction, replacement))
  }

  async touchKey(id: string): Promise<void> {
    const nowMs = this.#parts.nowMs()
    if (nowMs - (this.#touchedAtMs.get(id) ?? 0) < TOUCH_INTERVAL_MS) return
    this.#touchedAtMs.set(id, nowMs)
    await this.#writer.write(async ({ db }) => {
      await db.updateTable('api_keys').set({ last_used_at: nowMs }).where('id', '=', id).execute()
    })
  }

  beat(instance: Omit<Port.Instance, 'seenAtMs'>): Promise<void> {
    return this.#writer.write((transaction) => beat(transaction, instance))
  }

  leave(instanceId: string): Promise<void> {
    return this.#writer.write((transaction) => leave(transaction, instanceId))
  }

  instances(): Promise<readonly Port.Instance[]> {
    return listInstances(this.#reader)
  }

  onChange(listener: Port.ChangeListener): () => void {
    return this.#parts.announcer.onChange(listener)
  }

  async close(): Promise<void> {
    await this.#writer.close()
    this.#parts.announcer.clear()
    await this.#parts.close()
  }
}
