import { sql } from 'kysely'
import type { GiveBack } from '../sql/look-writer.ts'

export const giveBack: GiveBack = async ({ db, nowMs }, left) => {
  const rows = [...left.values()]
  await sql`
    update schedule set account = given.account, due_at = given.due_at, hint_step = given.hint_step,
      goes_first = given.goes_first,       lease_owner = null, callback_due_at = null, looked_at = ${nowMs}
    from unnest(
      ${[...left.keys()]}::text[], ${rows.map((row) => row.account)}::text[],
      ${rows.map((row) => row.due_at)}::bigint[], ${rows.map((row) => row.hint_step)}::integer[],
      ${rows.map((row) => row.goes_first)}::integer[]
    ) as given (task_id, account, due_at, hint_step, goes_first)
    where schedule.task_id = given.task_id`.execute(db)
}
