export type WebhookVerificationCode =
  | 'missing_header'
  | 'invalid_id'
  | 'invalid_timestamp'
  | 'timestamp_too_old'
  | 'timestamp_too_new'
  | 'invalid_signature_header'
  | 'no_matching_signature'
  /** The secret of this program, not the request. */
  | 'invalid_secret'
  /** The signature is good, the body is no JSON object; or the body was not passed as it arrived. */
  | 'invalid_body'
  /** The signature is good, the event is of a type that this version does not know. */
  | 'unknown_event'

/** A webhook that must not be believed. `code` is a closed set to branch on; the message says what to do. */
export class WebhookVerificationError extends Error {
  override readonly name: string = 'WebhookVerificationError'
  readonly code: WebhookVerificationCode

  constructor(code: WebhookVerificationCode, message: string) {
    super(message)
    this.code = code
  }
}
