import { sql, type Kysely } from 'kysely'
import type { ChangedQuery, ListQuery, TaskPage } from '../store.ts'
import type { Tables } from './schema.ts'
import { ATTEMPT_COLUMNS, taskOfRow, type JoinedTaskRow } from './task-rows.ts'

const joined = (db: Kysely<Tables>) =>
  db
    .selectFrom('tasks')
    .leftJoin('attempts', (join) =>
      join.onRef('attempts.task_id', '=', 'tasks.id').onRef('attempts.n', '=', 'tasks.attempt_n'),
    )
    .selectAll('tasks')
    .select(ATTEMPT_COLUMNS)

const pageOf = (rows: readonly JoinedTaskRow[], limit: number): TaskPage => ({
  tasks: rows.slice(0, limit).map(taskOfRow),
  hasMore: rows.length > limit,
})

/** The same over (updated_at, id), and with tombstones: what a reader who was away has to catch up on. */
export async function changedTasks(db: Kysely<Tables>, query: ChangedQuery): Promise<TaskPage> {
  const { projectId, after, limit } = query
  const rows = await joined(db)
    .where('tasks.project_id', '=', projectId)
    .where(sql<boolean>`(tasks.updated_at, tasks.id) > (${after.updatedAtMs}, ${after.id})`)
    .orderBy('tasks.updated_at')
    .orderBy('tasks.id')
    .limit(limit + 1)
    .execute()
  return pageOf(rows, limit)
}

/** One keyset page over (created_at, id). Reads one row more than asked for, to know whether there are more. */
export async function listTasks(db: Kysely<Tables>, query: ListQuery): Promise<TaskPage> {
  const { after, states, runningWaits, model } = query
  if (states?.length === 0 && runningWaits === null) return { tasks: [], hasMore: false }
  const beyond = query.order === 'asc' ? '>' : '<'
  let select = joined(db)
    .where('tasks.project_id', '=', query.projectId)
    .where('tasks.deleted_at', 'is', null)
    .orderBy('tasks.created_at', query.order)
    .orderBy('tasks.id', query.order)
    .limit(query.limit + 1)
  if (after !== null) {
    // As one comparison: with an `or` the planner reads the pages before again.
    const position = sql`(tasks.created_at, tasks.id)`
    select = select.where(sql<boolean>`${position} ${sql.raw(beyond)} (${after.createdAtMs}, ${after.id})`)
  }
  if (states !== null) {
    select = select.where((where) =>
      where.or([
        ...(states.length === 0 ? [] : [where('tasks.state', 'in', [...states])]),
        ...(runningWaits === null
          ? []
          : [
              where.and([
                where('tasks.state', '=', 'running'),
                where('tasks.provider_waits', '=', runningWaits ? 1 : 0),
              ]),
            ]),
      ]),
    )
  }
  if (model !== null) select = select.where('tasks.model', '=', model)
  return pageOf(await select.execute(), query.limit)
}
