import { CredentialsFailed } from './credentials.ts'

export type UpstreamFailureKind =
  | 'held_back'
  | 'credentials'
  | 'connect'
  | 'timeout'
  | 'aborted'
  | 'lost'
  | 'too_large'

const WHAT: Record<UpstreamFailureKind, string> = {
  held_back: 'was held back: this process may no longer send it',
  credentials: 'was not sent because its credentials could not be made',
  connect: 'failed because no connection could be made',
  timeout: 'was not done within its time limit',
  aborted: 'was aborted',
  lost: 'failed because the connection or the answer broke off',
  too_large: 'failed because its answer is too large',
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) return ''
  return typeof error.code === 'string' ? error.code : ''
}

const CONNECT_CODES = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])

type Circumstances = { host: string; sent: boolean; timedOut: boolean }

function kindOf(error: unknown, { sent, timedOut }: Circumstances): UpstreamFailureKind {
  if (timedOut) return 'timeout'
  if (codeOf(error) === 'HELD_BACK') return 'held_back'
  if (error instanceof RangeError) return 'too_large'
  if (error instanceof Error && error.name === 'AbortError') return 'aborted'
  return !sent || CONNECT_CODES.has(codeOf(error)) ? 'connect' : 'lost'
}

/** A request to a configured provider got no whole answer. The message names the host and the code, no address. */
export class UpstreamFailed extends Error {
  override readonly name = 'UpstreamFailed'
  readonly kind: UpstreamFailureKind
  /** False only when no byte of the request can have left: the connection never stood. */
  readonly sent: boolean

  constructor(kind: UpstreamFailureKind, sent: boolean, message: string, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
    this.sent = sent
  }

  /** What proves who we are could not be made for this request. */
  static withoutCredentials(cause: unknown, host: string): UpstreamFailed {
    const reason = cause instanceof CredentialsFailed ? ` ${cause.message}` : ''
    const message = `The request to ${host} ${WHAT.credentials}.${reason}`
    return new UpstreamFailed('credentials', false, message, { cause })
  }

  static from(error: unknown, circumstances: Circumstances): UpstreamFailed {
    const kind = kindOf(error, circumstances)
    const code = codeOf(error)
    const told = code === '' || kind === 'held_back' ? '' : ` (${code})`
    const message = `The request to ${circumstances.host} ${WHAT[kind]}${told}.`
    return new UpstreamFailed(kind, circumstances.sent, message, { cause: error })
  }
}
