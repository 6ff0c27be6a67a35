import type { Kysely } from 'kysely'
import type { Task } from '../../task/task.ts'
import type { TaskMark } from '../store.ts'
import { Prepared } from './prepared.ts'
import type { Tables } from './schema.ts'
import type { JoinedTaskRow } from './task-rows.ts'
import { ATTEMPT_COLUMNS, taskOfRow } from './task-rows.ts'
import type { Transaction } from './transaction.ts'

const joined = ({ db }: Pick<Transaction, 'db'>) =>
  db
    .selectFrom('tasks')
    .leftJoin('attempts', (join) =>
      join.onRef('attempts.task_id', '=', 'tasks.id').onRef('attempts.n', '=', 'tasks.attempt_n'),
    )
    .selectAll('tasks')
    .select(ATTEMPT_COLUMNS)

const ONE = new Prepared((place, { id }: { id: string }) => joined(place).where('tasks.id', '=', id))

/** A task as this transaction sees it, deleted or not. */
export async function loadTask(
  transaction: Pick<Transaction, 'db' | 'connection' | 'locks'>,
  id: string,
): Promise<Task | undefined> {
  const row = await ONE.first(transaction, { id })
  return row === undefined ? undefined : taskOfRow(row satisfies JoinedTaskRow)
}

/** Thin on purpose: for many tasks at a time, of which few or none have changed. */
export async function taskMarks(db: Kysely<Tables>, ids: readonly string[]): Promise<readonly TaskMark[]> {
  if (ids.length === 0) return []
  const rows = await db
    .selectFrom('tasks')
    .select((select) => [
      'tasks.id',
      'tasks.version',
      'tasks.deleted_at',
      select
        .selectFrom('task_events')
        .select((entry) => entry.fn.max('task_events.seq').as('seq'))
        .whereRef('task_events.task_id', '=', 'tasks.id')
        .as('seq'),
    ])
    .where('tasks.id', 'in', [...ids])
    .execute()
  return rows.map((row) => ({
    id: row.id,
    version: row.version,
    seq: row.seq ?? 0,
    isDeleted: row.deleted_at !== null,
  }))
}

type Loaded = { tasks: ReadonlyMap<string, Task>; unreadable: readonly string[] }

/** One row that cannot be read must not keep the others from being worked on. */
export async function loadTasks(
  transaction: Pick<Transaction, 'db'>,
  ids: readonly string[],
): Promise<Loaded> {
  const tasks = new Map<string, Task>()
  const unreadable: string[] = []
  if (ids.length === 0) return { tasks, unreadable }
  const rows = await joined(transaction)
    .where('tasks.id', 'in', [...ids])
    .execute()
  for (const row of rows) {
    try {
      tasks.set(row.id, taskOfRow(row))
    } catch {
      unreadable.push(row.id)
    }
  }
  return { tasks, unreadable }
}
