import { sql, type RawBuilder } from 'kysely'
import type { LogPurge } from '../retention-store.ts'
import { deleteSome, type PartTable } from './delete-some.ts'
import { PENDING } from './pending.ts'
import { TERMINAL_STATES } from './purge-tasks.ts'
import type { Transaction } from './transaction.ts'

/** Far longer than the retry of a client is waited for. */
const REPLAYS_KEPT_MS = 24 * 3_600_000

type Part = { table: PartTable; condition: RawBuilder<unknown> }

/** What nobody can ask for any more, whatever is set. */
const dead = (nowMs: number): readonly Part[] => [
  { table: 'idempotency', condition: sql`idempotency.expires_at <= ${nowMs}` },
  { table: 'client_replays', condition: sql`client_replays.created_at <= ${nowMs - REPLAYS_KEPT_MS}` },
]

/** What is only read to find out what happened. Not what a task under way may still need, and no attempt of what is pending. */
const logs = (beforeMs: number): readonly Part[] => [
  {
    table: 'callbacks_in',
    condition: sql`callbacks_in.received_at <= ${beforeMs} and not exists (
      select 1 from tasks where tasks.id = callbacks_in.task_id and tasks.state not in (${TERMINAL_STATES})
    )`,
  },
  {
    table: 'delivery_attempts',
    condition: sql`delivery_attempts.at <= ${beforeMs} and not exists (
      select 1 from deliveries
      where deliveries.id = delivery_attempts.delivery_id and deliveries.state = ${PENDING}
    )`,
  },
  // Tests of endpoints, after their last attempt.
  {
    table: 'deliveries',
    condition: sql`deliveries.task_id is null and deliveries.created_at <= ${beforeMs}
      and deliveries.state <> ${PENDING} and not exists (
        select 1 from delivery_attempts where delivery_attempts.delivery_id = deliveries.id
      )`,
  },
]

export async function purgeLogs(transaction: Transaction, { keptMs, rowsMax }: LogPurge): Promise<number> {
  const { nowMs } = transaction
  let rows = 0
  for (const { table, condition } of [...dead(nowMs), ...(keptMs === null ? [] : logs(nowMs - keptMs))]) {
    rows += await deleteSome(transaction, table, condition, rowsMax - rows)
    if (rows >= rowsMax) break
  }
  return rows
}
