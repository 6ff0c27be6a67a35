import { sql, type Kysely, type RawBuilder } from 'kysely'
import { isTerminal, TASK_STATES } from '../../task/state.ts'
import type { PurgedTasks, PurgeQuery, TaskPurge } from '../retention-store.ts'
import { deleteSome, type PartTable } from './delete-some.ts'
import { skipLocked } from './locks.ts'
import { PENDING } from './pending.ts'
import type { Tables } from './schema.ts'
import type { Transaction } from './transaction.ts'

export const TERMINAL_STATES: RawBuilder<unknown> = sql.join(TASK_STATES.filter(isTerminal))

/**
 * Nothing more can happen to the task, and nothing that it promised is open: no file that has not expired, no upstream job
 * that is watched, nobody who has yet to be told.
 */
const isOver = (endedBeforeMs: number): RawBuilder<boolean> => sql<boolean>`
  tasks.completed_at <= ${endedBeforeMs} and tasks.state in (${TERMINAL_STATES})
  and (tasks.state <> 'completed' or tasks.deleted_at is not null or tasks.files_removed_at is not null)
  and not exists (select 1 from schedule where schedule.task_id = tasks.id)
  and not exists (
    select 1 from deliveries where deliveries.task_id = tasks.id and deliveries.state = ${PENDING}
  )`

export async function purgeableTasks(
  db: Kysely<Tables>,
  nowMs: number,
  { keptMs, limit }: PurgeQuery,
): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('tasks')
    .select('id')
    .where(isOver(nowMs - keptMs))
    .orderBy('completed_at')
    .limit(limit)
    .execute()
  return rows.map(({ id }) => id)
}

export async function purgeTasks(
  transaction: Transaction,
  { taskIds, keptMs, rowsMax }: TaskPurge,
): Promise<PurgedTasks> {
  const purged: string[] = []
  let rows = 0
  for (const id of taskIds) {
    if (rows >= rowsMax) break
    if (!(await mayGo(transaction, id, transaction.nowMs - keptMs))) continue
    rows += await purgeRows(transaction, id, rowsMax - rows)
    // The last row is the task's own.
    if (rows >= rowsMax) break
    await transaction.db.deleteFrom('tasks').where('id', '=', id).execute()
    rows += 1
    purged.push(id)
  }
  return { taskIds: purged, rows }
}

/** A task that somebody is writing to, or whose deliveries somebody may be sending again, is left for the next time. */
async function mayGo(transaction: Transaction, id: string, endedBeforeMs: number): Promise<boolean> {
  const { db, locks } = transaction
  if (!(await locks.tryHold('task', id))) return false
  if (locks.rows) {
    const deliveries = db.selectFrom('deliveries').select('id').where('task_id', '=', id)
    const all = await deliveries.execute()
    if ((await skipLocked(transaction, 'deliveries', deliveries).execute()).length < all.length) return false
  }
  const task = await db
    .selectFrom('tasks')
    .select('id')
    .where('id', '=', id)
    .where(isOver(endedBeforeMs))
    .executeTakeFirst()
  return task !== undefined
}

/** In this order: what refers to a row goes before it. */
const PARTS: readonly { table: PartTable; of: (taskId: string) => RawBuilder<unknown> }[] = [
  {
    table: 'delivery_attempts',
    of: (id) => sql`delivery_attempts.delivery_id in (select id from deliveries where task_id = ${id})`,
  },
  { table: 'deliveries', of: (id) => sql`deliveries.task_id = ${id}` },
  { table: 'callbacks_in', of: (id) => sql`callbacks_in.task_id = ${id}` },
  { table: 'client_replays', of: (id) => sql`client_replays.task_id = ${id}` },
  { table: 'artifacts', of: (id) => sql`artifacts.task_id = ${id}` },
  { table: 'attempts', of: (id) => sql`attempts.task_id = ${id}` },
  { table: 'task_events', of: (id) => sql`task_events.task_id = ${id}` },
]

/** Everything but the task's own row. What is left when there is no more room is hidden: nobody sees half a record. */
async function purgeRows(transaction: Transaction, id: string, rowsMax: number): Promise<number> {
  let rows = 0
  for (const { table, of } of PARTS) {
    rows += await deleteSome(transaction, table, of(id), rowsMax - rows)
    if (rows >= rowsMax) break
  }
  if (rows < rowsMax) return rows
  const { db, nowMs } = transaction
  await db
    .updateTable('tasks')
    .set((set) => ({ deleted_at: set.fn.coalesce('deleted_at', set.val(nowMs)) }))
    .where('id', '=', id)
    .execute()
  return rows
}
