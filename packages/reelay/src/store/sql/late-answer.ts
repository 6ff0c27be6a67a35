import { isTerminal } from '../../task/state.ts'
import type { Operation } from '../../task/verdict.ts'
import { wakeTask } from './leases.ts'
import { loadTask } from './load-task.ts'
import { appendEvents } from './timeline.ts'
import type { Transaction } from './transaction.ts'

/** Keeps what a fenced-off submit learned: evidence, never a change of state. */
export async function recordLateAnswer(
  transaction: Transaction,
  taskId: string,
  attempt: number,
  operation: Operation,
): Promise<void> {
  const task = await loadTask(transaction, taskId)
  if (task === undefined) return
  const data = { attempt, provider_task_id: operation.providerTaskId }
  const current = task.attempt
  if (
    isTerminal(task.state) ||
    current === null ||
    current.n !== attempt ||
    current.operation !== null ||
    (await isTaken(transaction, current.account, operation))
  ) {
    await appendEvents(transaction, task, [{ kind: 'upstream.orphan', data }])
    return
  }
  await transaction.db
    .updateTable('attempts')
    .set({ operation: JSON.stringify(operation), provider_task_id: operation.providerTaskId })
    .where('task_id', '=', taskId)
    .where('n', '=', attempt)
    .where('operation', 'is', null)
    .execute()
  await appendEvents(transaction, task, [{ kind: 'submit.found', data }])
  await wakeTask(transaction, taskId)
}

/** Another attempt owns the job already: this answer is evidence only. */
async function isTaken({ db }: Transaction, account: string, operation: Operation): Promise<boolean> {
  const owner = await db
    .selectFrom('attempts')
    .select('task_id')
    .where('account', '=', account)
    .where('provider_task_id', '=', operation.providerTaskId)
    .executeTakeFirst()
  return owner !== undefined
}
