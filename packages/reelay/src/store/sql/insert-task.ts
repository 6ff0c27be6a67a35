import type { InsertOutcome, TaskInsert } from '../store.ts'
import type { Task } from '../../task/task.ts'
import { rowOfArtifact } from './artifact-rows.ts'
import { loadTask } from './load-task.ts'
import { announce } from './outbox.ts'
import { countCreated } from './project-usage.ts'
import { rowOfTask } from './task-rows.ts'
import { appendEvents } from './timeline.ts'
import type { Transaction } from './transaction.ts'

/** A task with everything that makes it durable, or the task that an earlier copy of the request already made. */
export async function insertTask(transaction: Transaction, insert: TaskInsert): Promise<InsertOutcome> {
  const earlier = await findEarlier(transaction, insert)
  if (earlier !== undefined) return earlier
  const { db, changed } = transaction
  const { task } = insert
  const limited = await countCreated(transaction, task.projectId, insert.limits)
  if (limited !== undefined) return limited
  await db.insertInto('tasks').values(rowOfTask(task)).execute()
  await db
    .insertInto('schedule')
    .values({
      task_id: task.id,
      project_id: task.projectId,
      account: insert.account,
      due_at: insert.dueAtMs,
      lease_owner: null,
      fence: 0,
      wake_seq: 0,
      looked_at: null,
      callback_tokens: null,
      callback_refilled_at: null,
      callback_due_at: null,
      hint_step: null,
      goes_first: 0,
    })
    .execute()
  const artifacts = insert.artifacts.map((artifact) => rowOfArtifact(task, artifact))
  if (artifacts.length > 0) await db.insertInto('artifacts').values(artifacts).execute()
  await appendEvents(transaction, task, insert.events)
  if (insert.idempotency !== null) {
    const { route, key, fingerprint, expiresAtMs } = insert.idempotency
    await db
      .insertInto('idempotency')
      .values({
        project_id: task.projectId,
        route,
        key,
        fingerprint,
        task_id: task.id,
        expires_at: expiresAtMs,
      })
      .execute()
  }
  await announce(transaction, null, task)
  changed.set(task.id, 'scheduled')
  return { kind: 'created', task, replayId: await recordClientAttempt(transaction, insert, task.id) }
}

/** Copies of one request, wherever they arrive, are told apart one after the other. */
async function holdRequest({ locks }: Transaction, insert: TaskInsert): Promise<void> {
  const { idempotency, replay, task } = insert
  if (idempotency !== null)
    await locks.hold('request', `${task.projectId} ${idempotency.route} ${idempotency.key}`)
  else if (replay !== null) await locks.hold('request', `${task.projectId} ${replay.fingerprint}`)
}

/** What an earlier copy of the request came to; undefined when there was none. */
export async function findEarlier(
  transaction: Transaction,
  insert: TaskInsert,
): Promise<InsertOutcome | undefined> {
  await holdRequest(transaction, insert)
  return (await findByKey(transaction, insert)) ?? (await joinRetry(transaction, insert))
}

async function findByKey(transaction: Transaction, insert: TaskInsert): Promise<InsertOutcome | undefined> {
  if (insert.idempotency === null) return undefined
  const { db, nowMs } = transaction
  const { route, key, fingerprint } = insert.idempotency
  await db
    .deleteFrom('idempotency')
    .where('project_id', '=', insert.task.projectId)
    .where('expires_at', '<=', nowMs)
    .execute()
  const row = await db
    .selectFrom('idempotency')
    .select(['fingerprint', 'task_id'])
    .where('project_id', '=', insert.task.projectId)
    .where('route', '=', route)
    .where('key', '=', key)
    .executeTakeFirst()
  if (row === undefined) return undefined
  if (row.fingerprint !== fingerprint) return { kind: 'key_reused' }
  return { kind: 'replayed', by: 'key', task: await visibleTask(transaction, row.task_id), replayId: null }
}

/**
 * A client that counts its own retries and sends no key: retry n belongs to the newest request n-1 of the same content
 * whose answer never left this server, as long as nobody has seen the task. The row that it joins is used up, so that
 * identical concurrent requests never collapse into one.
 */
async function joinRetry(transaction: Transaction, insert: TaskInsert): Promise<InsertOutcome | undefined> {
  const { replay, task } = insert
  if (replay === null || replay.clientAttempt < 1 || insert.idempotency !== null) return undefined
  const { db, nowMs } = transaction
  const row = await db
    .selectFrom('client_replays')
    .innerJoin('tasks', 'tasks.id', 'client_replays.task_id')
    .select(['client_replays.id', 'client_replays.task_id'])
    .where('client_replays.project_id', '=', task.projectId)
    .where('client_replays.fingerprint', '=', replay.fingerprint)
    .where('client_replays.client_attempt', '=', replay.clientAttempt - 1)
    .where('client_replays.created_at', '>=', replay.joinableSinceMs)
    .where('client_replays.answered_at', 'is', null)
    .where('tasks.retrieved_at', 'is', null)
    .orderBy('client_replays.created_at', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (row === undefined) return undefined
  await db.updateTable('client_replays').set({ answered_at: nowMs }).where('id', '=', row.id).execute()
  return {
    kind: 'replayed',
    by: 'client_retry',
    task: await visibleTask(transaction, row.task_id),
    replayId: await recordClientAttempt(transaction, insert, row.task_id),
  }
}

async function recordClientAttempt(
  { db, nowMs }: Transaction,
  insert: TaskInsert,
  taskId: string,
): Promise<string | null> {
  const { replay, task } = insert
  if (replay === null) return null
  await db.deleteFrom('client_replays').where('created_at', '<', replay.joinableSinceMs).execute()
  const id = `${taskId}.${task.id}.${replay.clientAttempt}`
  await db
    .insertInto('client_replays')
    .values({
      id,
      project_id: task.projectId,
      fingerprint: replay.fingerprint,
      client_attempt: replay.clientAttempt,
      task_id: taskId,
      created_at: nowMs,
      answered_at: null,
    })
    .execute()
  return id
}

async function visibleTask(transaction: Transaction, id: string): Promise<Task | undefined> {
  const task = await loadTask(transaction, id)
  return task === undefined || task.deletedAtMs !== null ? undefined : task
}
