export type TransferFailureKind =
  | 'dns'
  | 'connect'
  | 'tls'
  | 'timeout'
  | 'reset'
  | 'too_large'
  | 'too_many_redirects'
  | 'aborted'
  | 'protocol'

/** A request that the guard allowed did not come to its end. The message names the host and no address. */
export class TransferFailed extends Error {
  override readonly name: string = 'TransferFailed'
  readonly kind: TransferFailureKind
  /** Whether no server can have got any part of the request: no connection for it was ever established. */
  readonly notSent: boolean

  constructor(kind: TransferFailureKind, notSent: boolean, message: string, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
    this.notSent = notSent
  }
}
