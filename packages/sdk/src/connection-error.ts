import { ReelayConnectionError, ReelayError } from './errors.ts'
import { isRecord } from './json.ts'

/**
 * Node's codes for a connection that was never established. Browsers do not say, so there it counts as
 * perhaps sent.
 */
const NEVER_SENT_CODES: readonly string[] = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
]

/** Wraps whatever `fetch` or a body reader threw; an error of this package passes unchanged. */
export function connectionError(target: URL, cause: unknown): ReelayError {
  if (cause instanceof ReelayError) return cause
  const what = `No answer from ${target.host} (${reasonOf(cause)})`
  const message = `${what}: check that it runs and that baseURL is right`
  return new ReelayConnectionError(message, { neverSent: wasNeverSent(cause), cause })
}

// fetch throws a TypeError whose cause is the socket's error, or an AggregateError with one error per
// address.
function reasonOf(cause: unknown): string {
  const nested = cause instanceof Error ? cause.cause : undefined
  const source = nested instanceof Error ? nested : cause
  if (!(source instanceof Error)) return String(source)
  const code = 'code' in source && typeof source.code === 'string' ? source.code : ''
  return source.message === '' ? code || source.name : source.message
}

function wasNeverSent(cause: unknown): boolean {
  const nested: unknown = cause instanceof Error ? cause.cause : undefined
  if (nested instanceof AggregateError && nested.errors.length > 0)
    return nested.errors.every(failedToConnect)
  return failedToConnect(nested)
}

function failedToConnect(error: unknown): boolean {
  if (!isRecord(error)) return false
  const code = error['code']
  return (typeof code === 'string' && NEVER_SENT_CODES.includes(code)) || error['syscall'] === 'connect'
}
