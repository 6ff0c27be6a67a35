import type { Kysely } from 'kysely'
import { TASK_STATES } from '../../task/state.ts'
import type { ScheduledCount } from '../store.ts'
import type { Tables } from './schema.ts'

/** One statement over the thin rows, and none over tasks that are done. */
export async function countScheduled(db: Kysely<Tables>): Promise<readonly ScheduledCount[]> {
  const rows = await db
    .selectFrom('schedule')
    .innerJoin('tasks', 'tasks.id', 'schedule.task_id')
    .select((select) => [
      'schedule.account',
      'tasks.state',
      select.fn.countAll<number>().as('count'),
      select.fn.min('schedule.due_at').as('oldest_due_at'),
    ])
    .groupBy(['schedule.account', 'tasks.state'])
    .execute()
  return rows.flatMap(({ account, state: stored, count, oldest_due_at: oldestDueAtMs }) => {
    const state = TASK_STATES.find((known) => known === stored)
    // A newer version's: it is counted by the processes that know it.
    return state === undefined ? [] : [{ account, state, count, oldestDueAtMs }]
  })
}
