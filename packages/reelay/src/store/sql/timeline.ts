import type { Kysely } from 'kysely'
import type { TaskEvent } from '../../task/task.ts'
import type { TimelineEntry, TimelinePart } from '../store.ts'
import { Prepared } from './prepared.ts'
import type { Tables, TaskEventRow } from './schema.ts'
import type { Transaction } from './transaction.ts'

/**
 * Most entries of one task's timeline: what comes later is dropped, so that no provider can fill the disk. Changes of state
 * are kept beyond it: they are few, and without them nobody could tell how the task ended.
 */
const ENTRIES_MAX = 2_000

const LAST = new Prepared(({ db }, { id }: { id: string }) =>
  db
    .selectFrom('task_events')
    .select((select) => select.fn.max('seq').as('seq'))
    .where('task_id', '=', id),
)

const APPEND = new Prepared(({ db }, row: TaskEventRow) =>
  db.insertInto('task_events').values({
    task_id: row.task_id,
    project_id: row.project_id,
    seq: row.seq,
    at: row.at,
    kind: row.kind,
    data: row.data,
  }),
)

/** Appends to a task's timeline. Only its lease holder or a single-row wish writes it, so `seq` has no gaps. */
export async function appendEvents(
  transaction: Transaction,
  task: { id: string; projectId: string },
  events: readonly TaskEvent[],
): Promise<void> {
  if (events.length === 0) return
  const last = await LAST.first(transaction, task)
  const start = (last?.seq ?? 0) + 1
  const room = Math.max(0, ENTRIES_MAX - start + 1)
  const admitted = [
    ...events.slice(0, room),
    ...events.slice(room).filter(({ kind }) => kind === 'task.state'),
  ]
  const rows = admitted.map((event, index) => ({
    task_id: task.id,
    project_id: task.projectId,
    seq: start + index,
    at: transaction.nowMs,
    kind: event.kind,
    data: event.data === undefined ? null : JSON.stringify(event.data),
  }))
  if (rows.length === 0) return
  for (const row of rows) await APPEND.run(transaction, row)
  // Whoever follows it is told, unless the verb says more of the task itself.
  if (!transaction.changed.has(task.id)) transaction.changed.set(task.id, 'moved')
}

/** What is on a task's timeline after a place; all of it when none is named. */
export async function readTimeline(
  db: Kysely<Tables>,
  taskId: string,
  part: TimelinePart | undefined,
): Promise<readonly TimelineEntry[]> {
  let select = db.selectFrom('task_events').selectAll().where('task_id', '=', taskId).orderBy('seq')
  if (part !== undefined) select = select.where('seq', '>', part.seq).limit(part.limit)
  const rows = await select.execute()
  return rows.map((row) => ({
    seq: row.seq,
    atMs: row.at,
    kind: row.kind as TimelineEntry['kind'],
    ...(row.data === null ? {} : { data: JSON.parse(row.data) as Record<string, unknown> }),
  }))
}
