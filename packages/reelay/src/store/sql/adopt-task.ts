import { isTerminal } from '../../task/state.ts'
import type { Task } from '../../task/task.ts'
import type { AdoptOutcome, TaskAdoption } from '../store.ts'
import { insertAttempt } from './insert-attempt.ts'
import { findEarlier, insertTask } from './insert-task.ts'
import { loadTask } from './load-task.ts'
import { appendEvents } from './timeline.ts'
import type { Transaction } from './transaction.ts'

/**
 * A task of a job that was made elsewhere, with its attempt. At most one task follows a job at a time: one that ended
 * without a video gives its job up, and keeps what it knew of it.
 */
export async function adoptTask(transaction: Transaction, adoption: TaskAdoption): Promise<AdoptOutcome> {
  // A repetition finds its own task as the owner of the job.
  const earlier = await findEarlier(transaction, adoption)
  if (earlier !== undefined) return earlier
  const { task } = adoption
  const owner = await ownerOf(transaction, task.attempt)
  if (owner !== undefined && !mayTakeOver(owner.task, task)) {
    const { id, projectId, deletedAtMs } = owner.task
    return { kind: 'operation_taken', projectId, taskId: id, isDeleted: deletedAtMs !== null }
  }
  const outcome = await insertTask(transaction, adoption)
  if (outcome.kind !== 'created') return outcome
  if (owner !== undefined) await giveUp(transaction, owner, task)
  await insertAttempt(transaction, task, { attempt: task.attempt })
  return outcome
}

type Owner = { task: Task; n: number }

async function ownerOf(
  transaction: Transaction,
  { account, operation }: TaskAdoption['task']['attempt'],
): Promise<Owner | undefined> {
  if (operation === null) throw new Error('a job is adopted by its operation')
  const row = await transaction.db
    .selectFrom('attempts')
    .select(['task_id', 'n'])
    .where('account', '=', account)
    .where('provider_task_id', '=', operation.providerTaskId)
    .executeTakeFirst()
  if (row === undefined) return undefined
  await transaction.locks.hold('task', row.task_id)
  // None: its record was removed while the lock was waited for.
  const task = await loadTask(transaction, row.task_id)
  return task === undefined ? undefined : { task, n: row.n }
}

const mayTakeOver = (owner: Task, task: Task): boolean =>
  owner.projectId === task.projectId &&
  isTerminal(owner.state) &&
  (owner.state !== 'completed' || owner.deletedAtMs !== null)

/** Its slot of the account goes over too. The operation stays: it is what the ended task knew. */
async function giveUp(transaction: Transaction, { task, n }: Owner, next: Task): Promise<void> {
  const { db, nowMs } = transaction
  await db
    .updateTable('attempts')
    .set((set) => ({ provider_task_id: null, ended_at: set.fn.coalesce('ended_at', set.val(nowMs)) }))
    .where('task_id', '=', task.id)
    .where('n', '=', n)
    .execute()
  await appendEvents(transaction, task, [{ kind: 'upstream.adopted', data: { attempt: n, by: next.id } }])
}
