import type { KeyedTask } from '../store.ts'
import { keyOfRow } from './keys.ts'
import type { ApiKeyRow } from './schema.ts'
import { ATTEMPT_COLUMNS, taskOfRow, type JoinedTaskRow } from './task-rows.ts'

type KeyColumn = Exclude<keyof ApiKeyRow, 'secret_hash'>

/** A task's joined row with the key's columns beside it. */
export type KeyedTaskRow = JoinedTaskRow & { [Column in KeyColumn as `k_${Column}`]: ApiKeyRow[Column] }

const KEY_COLUMNS: readonly KeyColumn[] = [
  'id',
  'project_id',
  'name',
  'scopes',
  'profile',
  'created_at',
  'last_used_at',
  'expires_at',
  'revoked_at',
]

/**
 * One statement for the most frequent request: a statement's locks cost as much as its rows. Its parameters are the key's
 * hash, the time, and the task's id.
 */
export const keyedTaskSql = (hash: string, nowMs: string, id: string): string =>
  `select tasks.*, ${ATTEMPT_COLUMNS.join(', ')}, ${KEY_COLUMNS.map((name) => `api_keys.${name} as k_${name}`).join(', ')}
    from api_keys
    join tasks on tasks.id = ${id} and tasks.project_id = api_keys.project_id and tasks.deleted_at is null
    left join attempts on attempts.task_id = tasks.id and attempts.n = tasks.attempt_n
    where api_keys.secret_hash = ${hash} and api_keys.revoked_at is null
      and (api_keys.expires_at is null or api_keys.expires_at > ${nowMs})`

export const keyedTaskOfRow = (row: KeyedTaskRow): KeyedTask => ({
  key: keyOfRow({
    id: row.k_id,
    project_id: row.k_project_id,
    name: row.k_name,
    scopes: row.k_scopes,
    profile: row.k_profile,
    created_at: row.k_created_at,
    last_used_at: row.k_last_used_at,
    expires_at: row.k_expires_at,
    revoked_at: row.k_revoked_at,
  }),
  task: taskOfRow(row),
})
