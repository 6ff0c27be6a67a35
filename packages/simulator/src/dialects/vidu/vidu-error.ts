import { jsonAnswer, type Answer } from '../../answer.ts'
import type { Refusal } from '../../dialect.ts'

/** The reasons of its page on errors, with the status of each. */
const REASONS: ReadonlyMap<string, number> = new Map([
  ['BadRequest', 400],
  ['FieldLacking', 400],
  ['FieldUnwanted', 400],
  ['FieldInvalid', 400],
  ['FieldItemCountOutOfRange', 400],
  ['PageSizeOutOfRange', 400],
  ['ImageDownloadFailure', 400],
  ['ImageFormatInvalid', 400],
  ['OperationInProcess', 400],
  ['TaskPromptPolicyViolation', 400],
  ['AuditSubmitIllegal', 400],
  ['CreditInsufficient', 400],
  ['CreationPolicyViolation', 400],
  ['ModelUnavailable', 400],
  ['UserCancelled', 400],
  ['Unauthorized', 401],
  ['Forbidden', 403],
  ['TaskNotFound', 404],
  ['CreationNotFound', 404],
  ['NotFound', 404],
  ['Conflict', 409],
  ['QuotaExceeded', 429],
  ['TooManyRequests', 429],
  ['SystemThrottling', 429],
  ['Canceled', 499],
  ['InternalServiceFailure', 500],
])

/** A 429 is about speed, or about too many jobs at a time; never about money, which is a 400. */
const CODES: ReadonlyMap<string, string> = new Map([
  ['invalid_request', 'BadRequest'],
  ['invalid_api_key', 'Unauthorized'],
  ['insufficient_quota', 'CreditInsufficient'],
  ['permission_denied', 'Forbidden'],
  ['not_found', 'NotFound'],
  ['model_not_found', 'ModelUnavailable'],
  ['rate_limit_exceeded', 'TooManyRequests'],
  ['concurrency_limit_exceeded', 'QuotaExceeded'],
  ['overloaded', 'InternalServiceFailure'],
  ['internal_error', 'InternalServiceFailure'],
])

function reasonOf({ status, code }: Refusal): string {
  if (code.startsWith('http_')) return status < 500 ? 'BadRequest' : 'InternalServiceFailure'
  return CODES.get(code) ?? code
}

/** `code` is the HTTP status; the reason is what is worth reading. */
export function viduError(refusal: Refusal): Answer {
  const reason = reasonOf(refusal)
  // A fault that is ordered as a status keeps it, whatever the reason would have.
  const isOrdered = refusal.code === 'internal_error' || refusal.code === 'overloaded'
  const status = isOrdered ? refusal.status : (REASONS.get(reason) ?? refusal.status)
  const metadata = { trace_id: 'e4bbd6b5-0000-4000-8000-000000000000' }
  return jsonAnswer(status, { code: status, reason, message: refusal.message, metadata })
}

export const refused = (reason: string, message: string): Answer =>
  viduError({ status: 400, code: reason, message })

export const taskNotFound = (): Answer =>
  viduError({ status: 404, code: 'TaskNotFound', message: 'task not found' })
