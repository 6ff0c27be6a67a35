import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { rowOfTask } from '../packages/reelay/src/store/sql/task-rows.ts'
import { openSqliteStore } from '../packages/reelay/src/store/sqlite/sqlite-store.ts'
import { systemClock } from '../packages/reelay/src/system/clock.ts'
import { hashOfKey } from '../packages/reelay/src/system/hash-of-key.ts'
import { newTask } from '../packages/reelay/test/support/new-task.ts'

const DEADLINE_MS = 7 * 86_400_000
const PROMPT =
  'A cinematic shot of a paper airplane crossing a desk, warm light, shallow depth of field, 35 mm'

/** A job that runs at a provider: when it is looked at first, and what its provider calls it. */
export type SeededJob = {
  account: string
  jobId: string
  dueAtMs: number
  startedAtMs: number
  token?: string
}

export const databaseIn = (directory: string): string => join(directory, 'reelay.db')

/** Tasks in flight, in a database of their own. Straight into its tables: one by one a hundred thousand take minutes. */
export async function seedJobs(directory: string, jobs: readonly SeededJob[]): Promise<void> {
  const path = databaseIn(directory)
  const store = await openSqliteStore({ path, clock: systemClock })
  await store.close()
  const database = new DatabaseSync(path)
  database.exec('begin')
  for (const job of jobs) insert(database, job)
  database.exec('commit')
  database.close()
}

function insert(database: DatabaseSync, job: SeededJob): void {
  const { account, jobId, dueAtMs, startedAtMs, token } = job
  const base = newTask(startedAtMs, { state: 'running', deadlineAtMs: startedAtMs + DEADLINE_MS })
  const request = { ...base.request, model: 'owner/model', prompt: PROMPT, seconds: '5', size: '1280x720' }
  const candidates = [{ account, model: 'owner/model' }]
  const task = { ...rowOfTask({ ...base, request, candidates }), attempt_n: 1 }
  row(database, 'tasks', task)
  row(database, 'attempts', {
    task_id: base.id,
    n: 1,
    account,
    model: 'owner/model',
    state: 'accepted',
    client_token: `token-${jobId}`,
    callback_token_hash: token === undefined ? null : hashOfKey(token),
    provider_task_id: jobId,
    operation: JSON.stringify({ providerTaskId: jobId }),
    started_at: startedAtMs,
    project_id: base.projectId,
  })
  row(database, 'schedule', { task_id: base.id, account, due_at: dueAtMs, fence: 0, wake_seq: 0 })
}

function row(database: DatabaseSync, table: string, values: Readonly<Record<string, SQLInputValue>>): void {
  const names = Object.keys(values)
  const text = `insert into ${table} (${names.join(', ')}) values (${names.map(() => '?').join(', ')})`
  const statement = prepared.get(database)?.get(text) ?? prepare(database, text)
  statement.run(...Object.values(values))
}

const prepared = new WeakMap<DatabaseSync, Map<string, StatementSync>>()

function prepare(database: DatabaseSync, text: string): StatementSync {
  const statement = database.prepare(text)
  const known = prepared.get(database) ?? new Map<string, StatementSync>()
  prepared.set(database, known.set(text, statement))
  return statement
}
