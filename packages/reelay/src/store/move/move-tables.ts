import type { Tables } from '../sql/schema.ts'

export type MovedTable = {
  name: keyof Tables
  /** Its primary key: rows are read page by page in this order. */
  key: readonly string[]
  /** Rows that are in memory at a time. */
  pageRows: number
}

const PAGE_ROWS = 200
/** A callback may have 2 MiB. */
const CALLBACK_PAGE_ROWS = 8

const table = (name: keyof Tables, ...key: readonly string[]): MovedTable => ({
  name,
  key,
  pageRows: name === 'callbacks_in' ? CALLBACK_PAGE_ROWS : PAGE_ROWS,
})

/** What goes along when a database is moved. */
export const MOVED_TABLES: readonly MovedTable[] = [
  table('projects', 'id'),
  table('project_usage', 'project_id'),
  table('api_keys', 'id'),
  table('tasks', 'id'),
  table('schedule', 'task_id'),
  table('attempts', 'task_id', 'n'),
  table('artifacts', 'task_id', 'role', 'idx'),
  table('task_events', 'task_id', 'seq'),
  table('idempotency', 'project_id', 'route', 'key'),
  table('client_replays', 'id'),
  table('rate_buckets', 'account'),
  table('duration_stats', 'stat_key', 'seq'),
  table('duration_sketches', 'stat_key', 'era', 'shard', 'lower_ms', 'upper_ms'),
  table('callbacks_in', 'id'),
  table('endpoints', 'id'),
  table('webhook_targets', 'key'),
  table('deliveries', 'id'),
  table('delivery_attempts', 'delivery_id', 'n'),
]

/** What belongs to one database and its processes. */
export const STAYING_TABLES: readonly (keyof Tables)[] = ['instances', 'duties', 'moves']

/** What a gateway that was only started has written already: replaced by what is imported. */
export const STARTED_ROWS: Readonly<Partial<Record<keyof Tables, readonly string[] | 'any'>>> = {
  projects: ['default'],
  api_keys: ['key_bootstrap'],
  project_usage: 'any',
  rate_buckets: 'any',
}
