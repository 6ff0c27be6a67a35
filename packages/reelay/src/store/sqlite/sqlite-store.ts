import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Kysely } from 'kysely'
import type { Clock } from '../../system/clock.ts'
import type { DurationSample, Task } from '../../task/task.ts'
import type { Operation } from '../../task/verdict.ts'
import { pauseAccount } from '../sql/accounts.ts'
import { removableArtifacts } from '../sql/artifact-rows.ts'
import { recordCallback } from '../sql/callbacks.ts'
import { claimDue } from '../sql/claim-due.ts'
import { commit } from '../sql/commit.ts'
import { clearDeliveryLeases } from '../sql/commit-delivery.ts'
import { followClock } from '../sql/follow-clock.ts'
import { insertTask } from '../sql/insert-task.ts'
import * as keys from '../sql/keys.ts'
import { clearLeases, releaseLeases, renewLease, wakeTask } from '../sql/leases.ts'
import { listTasks } from '../sql/list-tasks.ts'
import { recordLateAnswer } from '../sql/late-answer.ts'
import { migrate } from '../sql/migrate.ts'
import * as projects from '../sql/projects.ts'
import type { Tables } from '../sql/schema.ts'
import { deleteTask, requestCancel } from '../sql/wishes.ts'
import type * as Port from '../store.ts'
import { GroupWriter } from './group-writer.ts'
import { nodeSqliteDialect } from './node-sqlite-dialect.ts'
import { takeOwnerLock, type OwnerLock } from './owner-lock.ts'
import { SqliteReads } from './sqlite-reads.ts'
import { SqliteWebhooks } from './sqlite-webhooks.ts'
import { requireSqliteVersion } from './sqlite-version.ts'
import { WallClockWatch } from './wall-clock-watch.ts'

/** How often a key's last use is written down. */
const TOUCH_INTERVAL_MS = 60_000

/**
 * Opens the database file, creating and migrating it as needed.
 * @throws DatabaseOwned when another process owns it; Error when Node's SQLite is too old.
 */
export async function openSqliteStore(options: { path: string; clock: Clock }): Promise<Port.Store> {
  mkdirSync(dirname(options.path), { recursive: true, mode: 0o700 })
  const lock = takeOwnerLock(options.path, { pid: process.pid })
  const opened: DatabaseSync[] = []
  const open = (readOnly: boolean): DatabaseSync => {
    const database = new DatabaseSync(options.path, { readOnly })
    opened.push(database)
    prepare(database, readOnly)
    return database
  }
  try {
    const db = new Kysely<Tables>({ dialect: nodeSqliteDialect(open(false)) })
    await migrate(db, { bytes: 'blob' })
    return new SqliteStore(db, open(true), lock, options.clock)
  } catch (error) {
    for (const database of opened) if (database.isOpen) database.close()
    lock.release()
    throw error
  }
}

function prepare(database: DatabaseSync, readOnly: boolean): void {
  requireSqliteVersion(String(database.prepare('select sqlite_version() as version').get()?.['version']))
  // FULL: a commit is on disk before it is answered. Grouped commits share the cost.
  if (!readOnly) database.exec('pragma journal_mode = wal; pragma synchronous = full')
  database.exec('pragma busy_timeout = 5000; pragma foreign_keys = on')
}

/** The `Store` port on one SQLite file with one owner. */
class SqliteStore implements Port.Store {
  readonly webhooks: SqliteWebhooks
  readonly #db: Kysely<Tables>
  readonly #readerDatabase: DatabaseSync
  readonly #reader: Kysely<Tables>
  readonly #reads: SqliteReads
  readonly #writer: GroupWriter
  readonly #lock: OwnerLock
  readonly #clock: Clock
  readonly #listeners = new Set<Port.ChangeListener>()
  readonly #touchedAtMs = new Map<string, number>()

  readonly #wallClock: WallClockWatch

  constructor(db: Kysely<Tables>, readerDatabase: DatabaseSync, lock: OwnerLock, clock: Clock) {
    this.#db = db
    this.#readerDatabase = readerDatabase
    this.#reader = new Kysely<Tables>({ dialect: nodeSqliteDialect(readerDatabase) })
    this.#reads = new SqliteReads(readerDatabase)
    this.#lock = lock
    this.#clock = clock
    this.#wallClock = new WallClockWatch(clock)
    this.#writer = new GroupWriter({
      db,
      nowMs: () => clock.nowMs(),
      onChanged: (taskId, kind) => {
        for (const listener of this.#listeners) listener(taskId, kind)
      },
      onOutbox: () => this.webhooks.announceDue(),
    })
    this.webhooks = new SqliteWebhooks(this.#writer, this.#reader, (leaseMs) => this.#followClock(leaseMs))
  }

  findIdempotent(projectId: string, route: string, key: string): Port.IdempotentUse | undefined {
    return this.#reads.idempotent(projectId, route, key, this.#clock.nowMs())
  }

  insertTask(insert: Port.TaskInsert): Promise<Port.InsertOutcome> {
    return this.#writer.write((transaction) => insertTask(transaction, insert))
  }

  markAnswered(replayId: string): Promise<void> {
    return this.#writer.write(async ({ db, nowMs }) => {
      await db.updateTable('client_replays').set({ answered_at: nowMs }).where('id', '=', replayId).execute()
    })
  }

  findTask(projectId: string, id: string): Task | undefined {
    const task = this.#reads.task(id)
    return task === undefined || task.projectId !== projectId || task.deletedAtMs !== null ? undefined : task
  }

  loadTask(id: string): Task | undefined {
    return this.#reads.task(id)
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

  positionOf(projectId: string, id: string): { createdAtMs: number; id: string } | undefined {
    return this.#reads.position(projectId, id)
  }

  artifacts(taskId: string): readonly Port.Artifact[] {
    return this.#reads.artifacts(taskId)
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

  async timeline(taskId: string): Promise<readonly Port.TimelineEntry[]> {
    const rows = await this.#reader
      .selectFrom('task_events')
      .selectAll()
      .where('task_id', '=', taskId)
      .orderBy('seq')
      .execute()
    return rows.map((row) => ({
      seq: row.seq,
      atMs: row.at,
      kind: row.kind as Port.TimelineEntry['kind'],
      ...(row.data === null ? {} : { data: JSON.parse(row.data) as Record<string, unknown> }),
    }))
  }

  requestCancel(projectId: string, id: string, by?: Port.WishOrigin): Promise<Task | undefined> {
    return this.#writer.write((transaction) => requestCancel(transaction, projectId, id, by))
  }

  deleteTask(projectId: string, id: string, by?: Port.WishOrigin): Promise<Task | undefined> {
    return this.#writer.write((transaction) => deleteTask(transaction, projectId, id, by))
  }

  async claimDue(query: Port.ClaimQuery): Promise<Port.ClaimBatch> {
    await this.#followClock(query.leaseMs)
    return this.#writer.write((transaction) => claimDue(transaction, query))
  }

  async #followClock(leaseMs: number): Promise<void> {
    const movedMs = this.#wallClock.movedMs()
    if (movedMs === 0) return
    this.#wallClock.follow(movedMs)
    try {
      await this.#writer.write((transaction) => followClock(transaction, movedMs, leaseMs))
    } catch (error) {
      this.#wallClock.follow(-movedMs)
      throw error
    }
  }

  renew(claim: Port.Claim, leaseMs: number): Promise<boolean> {
    return this.#writer.write((transaction) => renewLease(transaction, claim, leaseMs))
  }

  release(claims: readonly Pick<Port.Claim, 'taskId' | 'owner' | 'fence'>[]): Promise<void> {
    return this.#writer.write((transaction) => releaseLeases(transaction, claims))
  }

  commit(move: Port.Move): Promise<Port.CommitOutcome> {
    return this.#writer.write((transaction) => commit(transaction, move))
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

  findCallbackTarget(tokenHash: string): Port.CallbackTarget | undefined {
    return this.#reads.callbackTarget(tokenHash)
  }

  recordCallback(callback: Port.CallbackIn): Promise<Port.CallbackOutcome> {
    return this.#writer.write((transaction) => recordCallback(transaction, callback))
  }

  removableArtifacts(limit: number): Promise<readonly (Port.Artifact & { taskId: string })[]> {
    return removableArtifacts(this.#reader, limit)
  }

  pauseAccount(account: string, untilMs: number, reason: string): Promise<void> {
    return this.#writer.write((transaction) => pauseAccount(transaction, account, untilMs, reason))
  }

  pausedUntilMs(account: string): number | null {
    return this.#reads.pausedUntilMs(account)
  }

  inFlight(account: string): number {
    return this.#reads.inFlight(account)
  }

  async scheduledAccounts(): Promise<readonly string[]> {
    const rows = await this.#reader.selectFrom('schedule').select('account').distinct().execute()
    return rows.map((row) => row.account)
  }

  clearLeases(): Promise<void> {
    return this.#writer.write(async (transaction) => {
      await clearLeases(transaction)
      await clearDeliveryLeases(transaction)
    })
  }

  durations(key: string): readonly DurationSample[] {
    return this.#reads.durations(key)
  }

  createProject(project: Port.Project): Promise<void> {
    return this.#writer.write((transaction) => projects.createProject(transaction, project))
  }

  listProjects(): Promise<readonly Port.Project[]> {
    return projects.listProjects(this.#reader)
  }

  findProject(id: string): Port.Project | undefined {
    return this.#reads.project(id)
  }

  updateProject(
    id: string,
    patch: Partial<Pick<Port.Project, 'name' | 'limits'>>,
  ): Promise<Port.Project | undefined> {
    return this.#writer.write((transaction) => projects.updateProject(transaction, id, patch))
  }

  projectUsage(id: string): Promise<Port.ProjectUsage> {
    return projects.projectUsage(this.#reader, id, this.#clock.nowMs())
  }

  createKey(key: Port.ApiKey, secretHash: string, countMax?: number): Promise<boolean> {
    return this.#writer.write((transaction) => keys.createKey(transaction, key, secretHash, countMax))
  }

  findKey(secretHash: string): Port.ApiKey | undefined {
    return this.#reads.key(secretHash, this.#clock.nowMs())
  }

  findDeadKey(secretHash: string): Port.ApiKey | undefined {
    return this.#reads.deadKey(secretHash, this.#clock.nowMs())
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
    const nowMs = this.#clock.nowMs()
    if (nowMs - (this.#touchedAtMs.get(id) ?? 0) < TOUCH_INTERVAL_MS) return
    this.#touchedAtMs.set(id, nowMs)
    await this.#writer.write(async ({ db }) => {
      await db.updateTable('api_keys').set({ last_used_at: nowMs }).where('id', '=', id).execute()
    })
  }

  onChange(listener: Port.ChangeListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async close(): Promise<void> {
    await this.#writer.close()
    this.#listeners.clear()
    await this.#db.destroy()
    await this.#reader.destroy()
    if (this.#readerDatabase.isOpen) this.#readerDatabase.close()
    this.#lock.release()
  }
}
