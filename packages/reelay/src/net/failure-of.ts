import { GuardRefused } from './guard-refused.ts'
import type { ConnectionPhase, GuardedConnection } from './guarded-connection.ts'
import { TransferFailed, type TransferFailureKind } from './transfer-failed.ts'

function codeOf(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) return ''
  return typeof error.code === 'string' ? error.code : ''
}

/** Codes of an open connection that ended before the answer did. */
const RESET_CODES = new Set([
  'ECONNRESET',
  'EPIPE',
  'ECONNABORTED',
  'ENETDOWN',
  'UND_ERR_SOCKET',
  'UND_ERR_CLOSED',
])

function kindOnOpen(code: string): TransferFailureKind {
  if (RESET_CODES.has(code)) return 'reset'
  if (code === 'ETIMEDOUT') return 'timeout'
  return code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS') ? 'tls' : 'protocol'
}

const KIND_BEFORE_OPEN: Record<Exclude<ConnectionPhase, 'open'>, TransferFailureKind> = {
  resolving: 'dns',
  connecting: 'connect',
  handshaking: 'tls',
}

function kindOf(code: string, connection: GuardedConnection | undefined): TransferFailureKind {
  // undici's complaint about a method or a header that it will not write.
  if (connection === undefined || code === 'UND_ERR_INVALID_ARG') return 'protocol'
  return connection.phase === 'open' ? kindOnOpen(code) : KIND_BEFORE_OPEN[connection.phase]
}

const WHAT: Record<TransferFailureKind, string> = {
  dns: 'failed because its name could not be resolved',
  connect: 'failed because no connection could be made',
  tls: 'failed because its TLS connection or certificate is not valid',
  timeout: 'failed because its connection timed out',
  reset: 'failed because the connection ended before the answer did',
  too_large: 'failed because its answer is too large',
  too_many_redirects: 'failed because it was redirected too often',
  aborted: 'was aborted',
  protocol: 'failed because it or its answer is not valid HTTP',
}

/**
 * What a lower layer threw, as one of this folder's two errors. Only the code of an unknown error is told.
 */
export function failureOf(
  error: unknown,
  host: string,
  connection: GuardedConnection | undefined,
): GuardRefused | TransferFailed {
  if (error instanceof GuardRefused || error instanceof TransferFailed) return error
  const code = codeOf(error)
  const kind = kindOf(code, connection)
  const told = code === '' ? '' : ` (${code})`
  const message = `The request to ${host} ${WHAT[kind]}${told}.`
  return new TransferFailed(kind, connection?.notSent ?? true, message, { cause: error })
}
