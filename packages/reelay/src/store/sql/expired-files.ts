import type { Kysely } from 'kysely'
import type { PurgeQuery } from '../retention-store.ts'
import type { Tables } from './schema.ts'
import { appendEvents } from './timeline.ts'
import type { Transaction } from './transaction.ts'

/** Answers that began while the video was there are let end, and clocks that differ a little say the same by then. */
const AFTER_EXPIRY_MS = 5_000

/** Videos that were to be kept for good, but whose records may go, expire now: clients see it. */
export async function expireWithRecords(
  { db, locks, nowMs, changed }: Transaction,
  { keptMs, limit }: PurgeQuery,
): Promise<number> {
  const found = await db
    .selectFrom('tasks')
    .select('id')
    .where('completed_at', '<=', nowMs - keptMs)
    .where('state', '=', 'completed')
    .where('expires_at', 'is', null)
    .where('deleted_at', 'is', null)
    .orderBy('completed_at')
    .limit(limit)
    .execute()
  let expired = 0
  for (const { id } of found) {
    if (!(await locks.tryHold('task', id))) continue
    const { numUpdatedRows } = await db
      .updateTable('tasks')
      .set((set) => ({ expires_at: nowMs, updated_at: nowMs, version: set('version', '+', 1) }))
      .where('id', '=', id)
      .where('expires_at', 'is', null)
      .executeTakeFirst()
    if (numUpdatedRows === 0n) continue
    changed.set(id, 'moved')
    expired += 1
  }
  return expired
}

export async function expiredTasks(
  db: Kysely<Tables>,
  nowMs: number,
  limit: number,
): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('tasks')
    .select('id')
    .where('expires_at', '<=', nowMs - AFTER_EXPIRY_MS)
    .where('files_removed_at', 'is', null)
    .orderBy('expires_at')
    .limit(limit)
    .execute()
  return rows.map(({ id }) => id)
}

/** What a task's commit has named is named no more. Only of files whose time is over, whatever the caller says. */
export async function recordFilesRemoved(
  transaction: Transaction,
  taskIds: readonly string[],
): Promise<number> {
  let news = 0
  for (const id of taskIds) {
    if (await recordOf(transaction, id)) news += 1
  }
  return news
}

async function recordOf(transaction: Transaction, id: string): Promise<boolean> {
  const { db, locks, nowMs, changed } = transaction
  if (!(await locks.tryHold('task', id))) return false
  const task = await db
    .selectFrom('tasks')
    .select(['id', 'project_id as projectId'])
    .where('id', '=', id)
    .where('expires_at', '<=', nowMs)
    .where('files_removed_at', 'is', null)
    .executeTakeFirst()
  if (task === undefined) return false
  const files = await db.selectFrom('artifacts').select('bytes').where('task_id', '=', id).execute()
  await db.deleteFrom('artifacts').where('task_id', '=', id).execute()
  await db
    .updateTable('tasks')
    .set((set) => ({ files_removed_at: nowMs, updated_at: nowMs, version: set('version', '+', 1) }))
    .where('id', '=', id)
    .execute()
  changed.set(id, 'moved')
  // None of one that was deleted: its files went then.
  if (files.length === 0) return true
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  await appendEvents(transaction, task, [
    { kind: 'task.files_expired', data: { files: files.length, bytes } },
  ])
  return true
}
