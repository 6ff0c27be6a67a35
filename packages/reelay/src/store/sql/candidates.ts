import type { Task } from '../../task/task.ts'
import { isOperationTaken } from './is-operation-taken.ts'
import { appendEvents } from './timeline.ts'
import type { Transaction } from './transaction.ts'

/** Looks that may miss a job before its id is given up: a new one may be unknown at first where it is asked for. */
const MISSES_MAX = 5

type Named = { provider_task_id: string | null; operation: string | null; misses: number }

/**
 * Gives a submit whose answer was lost the next id that a callback about it named, for a look to confirm: those that no
 * look has missed yet come first, and of these the ones with a good signature.
 *
 * @param task as it now is
 * @returns whether there is one
 */
export async function offerCandidate(transaction: Transaction, task: Task): Promise<boolean> {
  const { attempt } = task
  if (task.state !== 'unknown' || attempt === null || attempt.operation !== null) return false
  for (const named of await namedJobs(transaction, task.id, attempt.n)) {
    const { provider_task_id: id, operation, misses } = named
    if (id === null || operation === null) continue
    const data = { attempt: attempt.n, provider_task_id: id }
    if (await isOperationTaken(transaction, attempt.account, id)) {
      await countMisses(transaction, { task, n: attempt.n, id }, MISSES_MAX)
      await appendEvents(transaction, task, [{ kind: 'upstream.orphan', data }])
      continue
    }
    await transaction.db
      .updateTable('attempts')
      .set({ operation, provider_task_id: id })
      .where('task_id', '=', task.id)
      .where('n', '=', attempt.n)
      .execute()
    if (misses === 0) await appendEvents(transaction, task, [{ kind: 'submit.found', data }])
    return true
  }
  return false
}

function namedJobs({ db }: Transaction, taskId: string, n: number): Promise<readonly Named[]> {
  return db
    .selectFrom('callbacks_in')
    .select(['provider_task_id', 'operation', 'misses'])
    .where('task_id', '=', taskId)
    .where('attempt_n', '=', n)
    .where('verdict', '!=', 'forged')
    .where('operation', 'is not', null)
    .where('misses', '<', MISSES_MAX)
    .orderBy('misses')
    .orderBy((order) => order.case().when('verdict', '=', 'trusted').then(0).else(1).end())
    .orderBy('received_at')
    .orderBy('id')
    .execute()
}

/**
 * The provider has no job of that id, as far as one look tells. An id that a callback named makes room for the next one;
 * one that the provider itself answered with stays.
 */
export async function refuteCandidate(transaction: Transaction, task: Task, n: number): Promise<void> {
  const { attempt } = task
  if (attempt?.n !== n || attempt.operation === null) return
  const missed = await countMisses(transaction, { task, n, id: attempt.operation.providerTaskId }, 1)
  if (missed === 0n) return
  await transaction.db
    .updateTable('attempts')
    .set({ operation: null, provider_task_id: null })
    .where('task_id', '=', task.id)
    .where('n', '=', n)
    .where('state', '=', 'unknown')
    .execute()
}

/** Whether the id in question is one that a callback named, and that no look has confirmed. */
export async function isCandidate({ db }: Transaction, { id, state, attempt }: Task): Promise<boolean> {
  if (state !== 'unknown' || attempt === null || attempt.operation === null) return false
  const naming = await db
    .selectFrom('callbacks_in')
    .select('id')
    .where('task_id', '=', id)
    .where('attempt_n', '=', attempt.n)
    .where('provider_task_id', '=', attempt.operation.providerTaskId)
    .executeTakeFirst()
  return naming !== undefined
}

async function countMisses(
  { db }: Transaction,
  { task, n, id }: { task: { id: string }; n: number; id: string },
  by: number,
): Promise<bigint> {
  const { numUpdatedRows } = await db
    .updateTable('callbacks_in')
    .set((set) => ({ misses: set('misses', '+', by) }))
    .where('task_id', '=', task.id)
    .where('attempt_n', '=', n)
    .where('provider_task_id', '=', id)
    .executeTakeFirst()
  return numUpdatedRows
}
