/** Who is at fault, as clients see it in `error.type` of a task. */
export type TaskErrorType = 'provider_error' | 'gateway_error' | 'invalid_request_error'

/**
 * Every reason for which a task can end without a video. Closed: docs/errors.md has a heading for each, and a test holds
 * the two together.
 */
export type TaskErrorCode =
  | 'cancelled'
  | 'moderation_blocked'
  | 'invalid_input'
  | 'provider_failed'
  | 'provider_expired'
  | 'provider_cancelled'
  | 'rejected_by_provider'
  | 'never_submitted'
  | 'no_provider'
  | 'submit_outcome_unknown'
  | 'deadline_exceeded'
  | 'provider_task_lost'
  | 'output_lost'

export const TASK_ERRORS: Readonly<Record<TaskErrorCode, TaskErrorType>> = {
  cancelled: 'invalid_request_error',
  moderation_blocked: 'provider_error',
  invalid_input: 'provider_error',
  provider_failed: 'provider_error',
  provider_expired: 'provider_error',
  provider_cancelled: 'provider_error',
  rejected_by_provider: 'provider_error',
  never_submitted: 'gateway_error',
  no_provider: 'gateway_error',
  submit_outcome_unknown: 'gateway_error',
  deadline_exceeded: 'gateway_error',
  provider_task_lost: 'gateway_error',
  output_lost: 'gateway_error',
}

/** Why a task ended without a video: stored with it, shown as `error`, never changed. */
export type TaskError = {
  code: TaskErrorCode
  /** For people; says what to do where there is something to do. */
  message: string
  type: TaskErrorType
  param: string | null
}

export function taskError(code: TaskErrorCode, message: string, param: string | null = null): TaskError {
  return { code, message, type: TASK_ERRORS[code], param }
}
