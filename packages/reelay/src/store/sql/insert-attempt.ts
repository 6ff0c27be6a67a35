import type { AttemptChange } from '../../task/task.ts'
import type { Transaction } from './transaction.ts'

/** The row of a new attempt. */
export async function insertAttempt(
  { db }: Pick<Transaction, 'db'>,
  task: { id: string; projectId: string },
  { attempt, callbackTokenHash }: Omit<AttemptChange & { kind: 'open' }, 'kind'>,
): Promise<void> {
  const { operation } = attempt
  await db
    .insertInto('attempts')
    .values({
      task_id: task.id,
      project_id: task.projectId,
      n: attempt.n,
      account: attempt.account,
      model: attempt.model,
      state: attempt.state,
      client_token: attempt.clientToken,
      callback_token_hash: callbackTokenHash ?? null,
      provider_task_id: operation?.providerTaskId ?? null,
      operation: operation === null ? null : JSON.stringify(operation),
      started_at: attempt.startedAtMs,
      answered_at: attempt.answeredAtMs,
      ended_at: attempt.endedAtMs,
      raw_answer: null,
    })
    .execute()
}
