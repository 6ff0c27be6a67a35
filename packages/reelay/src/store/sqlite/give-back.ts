import { sql } from 'kysely'
import type { GiveBack } from '../sql/look-writer.ts'

/** The rows as one text, so that the statement is the same for any number of them and is prepared once. */
export const giveBack: GiveBack = async ({ db, nowMs }, left) => {
  const rows = [...left].map(([taskId, row]) => [
    taskId,
    row.account,
    row.due_at,
    row.hint_step,
    row.goes_first,
  ])
  await sql`
    update schedule set account = given.account, due_at = given.due_at, hint_step = given.hint_step,
      goes_first = given.goes_first,       lease_owner = null, callback_due_at = null, looked_at = ${nowMs}
    from (
      select value ->> 0 as task_id, value ->> 1 as account, value ->> 2 as due_at, value ->> 3 as hint_step,
        value ->> 4 as goes_first
      from json_each(${JSON.stringify(rows)})
    ) as given
    where schedule.task_id = given.task_id`.execute(db)
}
