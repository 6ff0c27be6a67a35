import type { Attempt, AttemptState, Missing, Task, TaskPatch } from '../../task/task.ts'
import type { TaskError } from '../../task/errors.ts'
import type { Candidate, VideoRequest } from '../../task/request.ts'
import { TASK_STATES, type TaskState } from '../../task/state.ts'
import type { Operation, Output } from '../../task/verdict.ts'
import type { AttemptRow, TaskRow } from './schema.ts'
import { wholeMs } from './whole-ms.ts'

/** A task's row with its current attempt's columns, as the joined selects give them. */
export type JoinedTaskRow = TaskRow & {
  [Column in keyof Omit<AttemptRow, 'task_id' | 'project_id'> as `a_${Column}`]: AttemptRow[Column] | null
}

/** Columns of the current attempt in a joined select, under the names of `JoinedTaskRow`. */
export const ATTEMPT_COLUMNS = [
  'attempts.n as a_n',
  'attempts.account as a_account',
  'attempts.model as a_model',
  'attempts.state as a_state',
  'attempts.client_token as a_client_token',
  'attempts.callback_token_hash as a_callback_token_hash',
  'attempts.provider_task_id as a_provider_task_id',
  'attempts.operation as a_operation',
  'attempts.started_at as a_started_at',
  'attempts.answered_at as a_answered_at',
  'attempts.ended_at as a_ended_at',
  'attempts.raw_answer as a_raw_answer',
] as const

/** Text that this process wrote itself; a row that cannot be read is a broken database, not bad input. */
const fromJson = (text: string): unknown => JSON.parse(text)

const orNull = (text: string | null): unknown => (text === null ? null : fromJson(text))

function stateOf(text: string): TaskState {
  const state = TASK_STATES.find((known) => known === text)
  if (state === undefined) throw new Error(`the database holds an unknown task state: ${text}`)
  return state
}

export function taskOfRow(row: JoinedTaskRow): Task {
  return {
    id: row.id,
    projectId: row.project_id,
    profile: row.profile === 'openai' ? 'openai' : 'comet',
    state: stateOf(row.state),
    providerWaits: row.provider_waits === 1,
    progress: row.progress,
    request: fromJson(row.request) as VideoRequest,
    candidates: fromJson(row.candidates) as Candidate[],
    candidate: row.candidate,
    attempt: attemptOfRow(row),
    outputs: orNull(row.outputs) as Output[] | null,
    outputsExpireAtMs: row.outputs_expire_at,
    missing: orNull(row.missing) as Missing | null,
    faults: row.faults,
    warnings: fromJson(row.warnings) as string[],
    error: orNull(row.error) as TaskError | null,
    callbackUrl: row.callback_url,
    metadata: orNull(row.metadata) as Record<string, unknown> | null,
    createdAtMs: row.created_at,
    updatedAtMs: row.updated_at,
    completedAtMs: row.completed_at,
    deadlineAtMs: row.deadline_at,
    cancelRequestedAtMs: row.cancel_requested_at,
    deletedAtMs: row.deleted_at,
    expiresAtMs: row.expires_at,
    version: row.version,
  }
}

function attemptOfRow(row: JoinedTaskRow): Attempt | null {
  if (row.a_n === null || row.a_account === null || row.a_model === null || row.a_client_token === null)
    return null
  return {
    n: row.a_n,
    account: row.a_account,
    model: row.a_model,
    state: row.a_state as AttemptState,
    clientToken: row.a_client_token,
    operation: orNull(row.a_operation) as Operation | null,
    startedAtMs: row.a_started_at ?? 0,
    answeredAtMs: row.a_answered_at,
    endedAtMs: row.a_ended_at,
  }
}

const toJson = (value: unknown): string | null => (value === null ? null : JSON.stringify(value))

export function rowOfTask(task: Task): TaskRow {
  return {
    id: task.id,
    project_id: task.projectId,
    profile: task.profile,
    state: task.state,
    provider_waits: task.providerWaits ? 1 : 0,
    progress: task.progress,
    model: task.request.model,
    request: JSON.stringify(task.request),
    candidates: JSON.stringify(task.candidates),
    candidate: task.candidate,
    attempt_n: task.attempt?.n ?? null,
    outputs: toJson(task.outputs),
    outputs_expire_at: task.outputsExpireAtMs,
    missing: toJson(task.missing),
    faults: task.faults,
    warnings: JSON.stringify(task.warnings),
    error: toJson(task.error),
    callback_url: task.callbackUrl,
    metadata: toJson(task.metadata),
    created_at: task.createdAtMs,
    updated_at: task.updatedAtMs,
    completed_at: task.completedAtMs,
    deadline_at: task.deadlineAtMs,
    cancel_requested_at: task.cancelRequestedAtMs,
    deleted_at: task.deletedAtMs,
    retrieved_at: null,
    version: task.version,
    expires_at: task.expiresAtMs,
    files_removed_at: null,
  }
}

/** The columns that a patch changes. */
export function columnsOfPatch(patch: TaskPatch): Partial<TaskRow> {
  const columns: Partial<TaskRow> = {}
  if (patch.providerWaits !== undefined) columns.provider_waits = patch.providerWaits ? 1 : 0
  if (patch.progress !== undefined) columns.progress = patch.progress
  if (patch.candidate !== undefined) columns.candidate = patch.candidate
  if (patch.outputs !== undefined) columns.outputs = toJson(patch.outputs)
  const { outputsExpireAtMs: expireAtMs } = patch
  if (expireAtMs !== undefined) columns.outputs_expire_at = expireAtMs === null ? null : wholeMs(expireAtMs)
  if (patch.missing !== undefined) columns.missing = toJson(patch.missing)
  if (patch.faults !== undefined) columns.faults = patch.faults
  if (patch.warnings !== undefined) columns.warnings = JSON.stringify(patch.warnings)
  if (patch.error !== undefined) columns.error = toJson(patch.error)
  if (patch.completedAtMs !== undefined) columns.completed_at = patch.completedAtMs
  if (patch.deadlineAtMs !== undefined) columns.deadline_at = patch.deadlineAtMs
  if (patch.expiresAtMs !== undefined) columns.expires_at = patch.expiresAtMs
  return columns
}
