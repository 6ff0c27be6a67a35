import type { ApiKey } from '../store/store.ts'
import type { Shared } from './exchange.ts'

/** What an answer may do in a browser that shows it: nothing, unless it says otherwise itself. */
const POLICY = "default-src 'none'; frame-ancestors 'none'"

/** On every answer. No CORS header is among them: pages of other origins read nothing. */
export function commonHeaders({ settings }: Shared, requestId: string): Record<string, string> {
  const headers: Record<string, string> = {
    'x-request-id': requestId,
    'reelay-version': settings.version,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'content-security-policy': POLICY,
  }
  if (settings.publicUrl.startsWith('https:')) headers['strict-transport-security'] = 'max-age=31536000'
  return headers
}

export type AccessLine = {
  requestId: string
  method: string
  /** Without the query string, which may hold a signature. */
  path: string
  /** Its pattern; null when it is no route's. */
  route: string | null
  status: number
  startMs: number
  key: ApiKey | null
}

const PATH_CHARACTERS_MAX = 200
const REFUSED = 400

/**
 * One line per request: `info` for what changes something or is refused, `debug` for reads that succeed, which are mostly
 * polls and would fill the log. Headers are never logged.
 */
export function noteAccess({ clock, log, observer }: Shared, line: AccessLine): void {
  const { method, route, status } = line
  const durationMs = clock.monotonicMs() - line.startMs
  observer.answered({ method, route, status, durationMs })
  const isPlainRead = (line.method === 'GET' || line.method === 'HEAD') && line.status < REFUSED
  log[isPlainRead ? 'debug' : 'info'](
    {
      request: line.requestId,
      method: line.method,
      // A callback's token opens its address.
      path: line.path.replace(/^(\/hooks\/[^/]*\/).+/, '$1[token]').slice(0, PATH_CHARACTERS_MAX),
      status: line.status,
      latencyMs: Math.round(durationMs * 10) / 10,
      project: line.key?.projectId,
      keyId: line.key?.id,
    },
    'answered',
  )
}

export function touchKey({ log, store }: Shared, id: string): void {
  store
    .touchKey(id)
    .catch((error: unknown) => log.warn({ err: error }, 'the last use of a key could not be noted'))
}
