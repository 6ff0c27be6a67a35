import type { Claim } from '../store.ts'
import type { Transaction } from './transaction.ts'

/** False when the lease was lost: the holder must stop and drop its result. */
export async function renewLease(
  { db, nowMs }: Transaction,
  claim: Claim,
  leaseMs: number,
): Promise<boolean> {
  const result = await db
    .updateTable('schedule')
    .set({ due_at: nowMs + leaseMs })
    .where('task_id', '=', claim.taskId)
    .where('fence', '=', claim.fence)
    .where('lease_owner', '=', claim.owner)
    .executeTakeFirst()
  return result.numUpdatedRows > 0n
}

/** Gives claims back untouched, to be claimed at once: never later than their lease would have ended, also by another clock. */
export async function releaseLeases(
  { db, nowMs }: Transaction,
  claims: readonly Pick<Claim, 'taskId' | 'owner' | 'fence'>[],
): Promise<void> {
  for (const claim of claims) {
    await db
      .updateTable('schedule')
      .set((set) => ({
        due_at: set.case().when('due_at', '>', nowMs).then(nowMs).else(set.ref('due_at')).end(),
        lease_owner: null,
      }))
      .where('task_id', '=', claim.taskId)
      .where('fence', '=', claim.fence)
      .where('lease_owner', '=', claim.owner)
      .execute()
  }
}

/**
 * Due now, if not long since, and before what is due anyway: somebody waits for it. A wake during a lease leaves `due_at` (the lease's
 * end) alone and is seen by the write-back, which compares `wake_seq`.
 */
export async function wakeTask({ db, nowMs }: Transaction, taskId: string): Promise<void> {
  await db
    .updateTable('schedule')
    .set((set) => ({
      wake_seq: set('wake_seq', '+', 1),
      goes_first: 1,
      due_at: set
        .case()
        .when(set.and([set('lease_owner', 'is', null), set('due_at', '>', nowMs)]))
        .then(nowMs)
        .else(set.ref('due_at'))
        .end(),
    }))
    .where('task_id', '=', taskId)
    .execute()
}

/** The fence rises too: a write-back of the process that died can never land. */
export async function clearLeases({ db, nowMs }: Transaction): Promise<void> {
  await db
    .updateTable('schedule')
    .set((set) => ({ lease_owner: null, due_at: nowMs, fence: set('fence', '+', 1) }))
    .where('lease_owner', 'is not', null)
    .execute()
}
