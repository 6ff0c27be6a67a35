import type { Transaction } from './transaction.ts'

/** Whether an attempt owns the job already: whoever else names it has evidence only. */
export async function isOperationTaken(
  { db }: Transaction,
  account: string,
  providerTaskId: string,
): Promise<boolean> {
  const owner = await db
    .selectFrom('attempts')
    .select('task_id')
    .where('account', '=', account)
    .where('provider_task_id', '=', providerTaskId)
    .executeTakeFirst()
  return owner !== undefined
}
