/** Every code that an error answer can carry. Closed: docs/errors.md has a heading for each. */
export type ApiErrorCode =
  | 'invalid_json'
  | 'invalid_form'
  | 'invalid_multipart'
  | 'invalid_request'
  | 'missing_required_parameter'
  | 'invalid_value'
  | 'unknown_parameter'
  | 'model_not_found'
  | 'public_url_required'
  | 'operation_not_supported'
  | 'invalid_api_key'
  | 'invalid_signature'
  | 'insufficient_scope'
  | 'cross_site_request'
  | 'unknown_url'
  | 'video_not_found'
  | 'video_not_ready'
  | 'video_failed'
  | 'variant_not_available'
  | 'input_not_found'
  | 'key_not_found'
  | 'job_not_found'
  | 'project_not_found'
  | 'endpoint_not_found'
  | 'delivery_not_found'
  | 'method_not_allowed'
  | 'request_timeout'
  | 'request_in_progress'
  | 'delivery_pending'
  | 'job_taken'
  | 'endpoint_disabled'
  | 'endpoint_limit_reached'
  | 'key_limit_reached'
  | 'secret_locked'
  | 'bootstrap_key'
  | 'backup_conflict'
  | 'video_expired'
  | 'payload_too_large'
  | 'unsupported_media_type'
  | 'range_not_satisfiable'
  | 'idempotency_key_reused'
  | 'rate_limit_exceeded'
  | 'internal_error'
  | 'overloaded'
  | 'disk_full'
  | 'provider_unavailable'

/** The usual HTTP status of each code. An `ApiError` may say another one where a route's contract does. */
export const API_ERRORS: Readonly<Record<ApiErrorCode, number>> = {
  invalid_json: 400,
  invalid_form: 400,
  invalid_multipart: 400,
  invalid_request: 400,
  missing_required_parameter: 400,
  invalid_value: 400,
  unknown_parameter: 400,
  model_not_found: 400,
  public_url_required: 400,
  operation_not_supported: 400,
  invalid_api_key: 401,
  invalid_signature: 401,
  insufficient_scope: 403,
  cross_site_request: 403,
  unknown_url: 404,
  video_not_found: 404,
  video_not_ready: 404,
  video_failed: 404,
  variant_not_available: 404,
  input_not_found: 404,
  key_not_found: 404,
  job_not_found: 404,
  project_not_found: 404,
  endpoint_not_found: 404,
  delivery_not_found: 404,
  method_not_allowed: 405,
  request_timeout: 408,
  request_in_progress: 409,
  delivery_pending: 409,
  job_taken: 409,
  endpoint_disabled: 400,
  endpoint_limit_reached: 409,
  key_limit_reached: 409,
  secret_locked: 409,
  bootstrap_key: 409,
  backup_conflict: 409,
  video_expired: 410,
  payload_too_large: 413,
  unsupported_media_type: 415,
  range_not_satisfiable: 416,
  idempotency_key_reused: 422,
  rate_limit_exceeded: 429,
  internal_error: 500,
  overloaded: 503,
  disk_full: 507,
  provider_unavailable: 502,
}

export type ApiErrorOptions = {
  /** The field, query parameter or header that is at fault. */
  param?: string
  status?: number
  headers?: Readonly<Record<string, string>>
  cause?: unknown
}

/** An answer that is no success. Its message goes to the client: it says what to do, and holds no secret. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly code: ApiErrorCode
  readonly status: number
  readonly param: string | null
  readonly headers: Readonly<Record<string, string>>

  constructor(code: ApiErrorCode, message: string, options: ApiErrorOptions = {}) {
    super(message, { cause: options.cause })
    this.code = code
    this.status = options.status ?? API_ERRORS[code]
    this.param = options.param ?? null
    this.headers = options.headers ?? {}
  }
}

export const invalidValue = (param: string, message: string): ApiError =>
  new ApiError('invalid_value', message, { param })

/** The same for a missing, a deleted and a foreign id. */
export const videoNotFound = (): ApiError =>
  new ApiError('video_not_found', 'There is no video with this id. Check the id and the API key.')
