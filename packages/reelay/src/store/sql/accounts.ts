import type { Transaction } from './transaction.ts'
import { wholeMs } from './whole-ms.ts'

/** An account rests: nothing of it is claimed until then. A longer pause is never shortened. */
export async function pauseAccount(
  { db, nowMs }: Transaction,
  account: string,
  askedMs: number,
  reason: string,
): Promise<void> {
  const untilMs = wholeMs(askedMs)
  await db
    .insertInto('rate_buckets')
    .values({
      account,
      project_id: 'default',
      tokens: 0,
      refilled_at: nowMs,
      paused_until: untilMs,
      pause_reason: reason,
    })
    .onConflict((conflict) =>
      conflict.column('account').doUpdateSet((set) => ({
        paused_until: set
          .case()
          .when('rate_buckets.paused_until', '>', untilMs)
          .then(set.ref('rate_buckets.paused_until'))
          .else(untilMs)
          .end(),
        pause_reason: reason,
      })),
    )
    .execute()
}
