import { isTerminal } from '../../task/state.ts'
import type { Operation } from '../../task/verdict.ts'
import { isCandidate } from './candidates.ts'
import { isOperationTaken } from './is-operation-taken.ts'
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
  await transaction.locks.hold('task', taskId)
  const task = await loadTask(transaction, taskId)
  if (task === undefined) return
  const data = { attempt, provider_task_id: operation.providerTaskId }
  const current = task.attempt
  const isCandidateNow = await isCandidate(transaction, task)
  // The commit that told of it had landed, and only its answer was lost.
  const isKnown = current?.n === attempt && current.operation?.providerTaskId === operation.providerTaskId
  if (isKnown && !isCandidateNow) return
  if (
    isTerminal(task.state) ||
    current === null ||
    current.n !== attempt ||
    // The provider's own answer outdoes an id that a callback named, unless a look has confirmed that one.
    !(current.operation === null || isCandidateNow) ||
    (await isOperationTaken(transaction, current.account, operation.providerTaskId))
  ) {
    await appendEvents(transaction, task, [{ kind: 'upstream.orphan', data }])
    return
  }
  await transaction.db
    .updateTable('attempts')
    .set({ operation: JSON.stringify(operation), provider_task_id: operation.providerTaskId })
    .where('task_id', '=', taskId)
    .where('n', '=', attempt)
    .execute()
  await appendEvents(transaction, task, [{ kind: 'submit.found', data }])
  await wakeTask(transaction, taskId)
}
