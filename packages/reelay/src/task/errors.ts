/** Who is at fault, as clients see it in `error.type` of a task. */
export type TaskErrorType = 'provider_error' | 'gateway_error' | 'invalid_request_error'

/**
 * Every reason for which a task can end without a video. Closed: docs/errors.md has a heading for each, and a test holds
 * the two together.
 */
export const TASK_ERRORS = {
  cancelled: { type: 'invalid_request_error' },
  moderation_blocked: { type: 'provider_error' },
  invalid_input: { type: 'provider_error' },
  provider_failed: { type: 'provider_error' },
  provider_expired: { type: 'provider_error' },
  provider_cancelled: { type: 'provider_error' },
  rejected_by_provider: { type: 'provider_error' },
  never_submitted: { type: 'gateway_error' },
  no_provider: { type: 'gateway_error' },
  submit_outcome_unknown: { type: 'gateway_error' },
  deadline_exceeded: { type: 'gateway_error' },
  provider_task_lost: { type: 'gateway_error' },
  output_lost: { type: 'gateway_error' },
} as const satisfies Readonly<Record<string, { type: TaskErrorType }>>

export type TaskErrorCode = keyof typeof TASK_ERRORS

/** Why a task ended without a video: stored with it, shown as `error`, never changed. */
export type TaskError = {
  code: TaskErrorCode
  /** For people; says what to do where there is something to do. */
  message: string
  type: TaskErrorType
  param: string | null
}

export function taskError(code: TaskErrorCode, message: string, param: string | null = null): TaskError {
  return { code, message, type: TASK_ERRORS[code].type, param }
}
