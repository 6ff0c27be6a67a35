import { isTerminal } from '../../task/state.ts'
import type { Task, TaskEvent } from '../../task/task.ts'
import type { WishOrigin } from '../store.ts'
import { wakeTask } from './leases.ts'
import { loadTask } from './load-task.ts'
import { appendEvents } from './timeline.ts'
import type { Transaction } from './transaction.ts'

/** What a client wants of a task: stored and woken here, acted on by the engine. Never a change of state. */
export async function requestCancel(
  transaction: Transaction,
  projectId: string,
  id: string,
  by?: WishOrigin,
): Promise<Task | undefined> {
  await transaction.locks.hold('task', id)
  const task = await ownTask(transaction, projectId, id)
  if (task === undefined || isTerminal(task.state) || task.cancelRequestedAtMs !== null) return task
  const { db, nowMs } = transaction
  await db.updateTable('tasks').set({ cancel_requested_at: nowMs }).where('id', '=', id).execute()
  await appendEvents(transaction, task, [wishEvent('task.cancel_requested', by)])
  await wakeTask(transaction, id)
  transaction.changed.set(id, 'scheduled')
  return loadTask(transaction, id)
}

export async function deleteTask(
  transaction: Transaction,
  projectId: string,
  id: string,
  by?: WishOrigin,
): Promise<Task | undefined> {
  await transaction.locks.hold('task', id)
  const task = await ownTask(transaction, projectId, id)
  if (task === undefined) return undefined
  const { db, nowMs } = transaction
  await db
    .updateTable('tasks')
    .set({ deleted_at: nowMs, updated_at: nowMs, cancel_requested_at: task.cancelRequestedAtMs ?? nowMs })
    .where('id', '=', id)
    .execute()
  await appendEvents(transaction, task, [wishEvent('task.deleted', by)])
  if (!isTerminal(task.state)) await wakeTask(transaction, id)
  transaction.changed.set(id, 'scheduled')
  return loadTask(transaction, id)
}

function wishEvent(kind: TaskEvent['kind'], by: WishOrigin | undefined): TaskEvent {
  return by === undefined ? { kind } : { kind, data: { request_id: by.requestId, key_id: by.keyId } }
}

async function ownTask(transaction: Transaction, projectId: string, id: string): Promise<Task | undefined> {
  const task = await loadTask(transaction, id)
  return task === undefined || task.projectId !== projectId || task.deletedAtMs !== null ? undefined : task
}
