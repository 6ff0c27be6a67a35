import type { Client } from '../packages/reelay/test/support/plain-postgres.ts'
import { rowOfTask } from '../packages/reelay/src/store/sql/task-rows.ts'
import { newTask } from '../packages/reelay/test/support/new-task.ts'

const MODEL = 'wan2.6'
const DEADLINE_MS = 7 * 86_400_000
const PROMPT =
  'A cinematic shot of a paper airplane crossing a desk, warm light, shallow depth of field, 35 mm'

/**
 * Tasks whose jobs run, all due, spread evenly over the accounts. In SQL, since one by one a million take
 * hours. Nothing else is in the database afterwards.
 */
export async function seedRunning(
  client: Client,
  { accounts, count }: { accounts: readonly string[]; count: number },
): Promise<void> {
  await client.query('truncate tasks, attempts, schedule, task_events, rate_buckets, duration_sketches')
  const nowMs = Date.now()
  const base = newTask(nowMs, { state: 'running', deadlineAtMs: nowMs + DEADLINE_MS })
  const row = rowOfTask({
    ...base,
    request: { ...base.request, model: MODEL, prompt: PROMPT, seconds: '5', size: '1280x720' },
  })
  const account = `($1::text[])[1 + i % cardinality($1::text[])]`
  const id = `'video_' || lpad(i::text, 26, '0')`
  await client.query(
    `insert into tasks select task.* from generate_series(1, $2::bigint) as i,
      jsonb_populate_record(null::tasks, $3::jsonb || jsonb_build_object('id', ${id}, 'attempt_n', 1,
        'candidates', json_build_array(json_build_object('account', ${account}, 'model', '${MODEL}'))::text)) as task`,
    [accounts, count, JSON.stringify(row)],
  )
  await client.query(
    `insert into attempts (task_id, n, account, model, state, client_token, provider_task_id, operation, started_at)
      select ${id}, 1, ${account}, '${MODEL}', 'accepted', 'token-' || i, 'job-' || i,
        json_build_object('providerTaskId', 'job-' || i)::text, $3::bigint
      from generate_series(1, $2::bigint) as i`,
    [accounts, count, nowMs],
  )
  await client.query(
    `insert into schedule (task_id, account, due_at, fence, wake_seq)
      select ${id}, ${account}, $3::bigint, 0, 0 from generate_series(1, $2::bigint) as i`,
    [accounts, count, nowMs],
  )
  await client.query('vacuum analyze tasks, attempts, schedule')
}
