import { emptyAnswer, htmlAnswer, jsonAnswer, type Answer } from './answer.ts'
import type { Dialect } from './dialect.ts'
import type { ReplacedKind } from './fault.ts'
import type { Script } from './script.ts'

/** Paths under this prefix are served like those without it: the target of every redirect. */
export const REDIRECT_PREFIX = '/redirected'

const CODES: Readonly<Record<number, string>> = {
  400: 'invalid_request',
  401: 'invalid_api_key',
  402: 'insufficient_quota',
  403: 'permission_denied',
  404: 'not_found',
  429: 'rate_limit_exceeded',
  500: 'internal_error',
  503: 'overloaded',
}

/** Gateway failures in front of the provider come as a page. */
const PAGE_STATUSES: readonly number[] = [502, 504, 524]

export interface FaultContext {
  readonly dialect: Dialect
  /** Path and query of the request. */
  readonly url: string
  /** The task's script, when one is known. */
  readonly script: Script | null
  /** The answer that the request would have got, or null when it had no effect. */
  readonly real: Answer | null
}

/** What a bare HTTP status stands for. A 2xx is empty, a 3xx leads to the path under the redirect prefix. */
export function statusAnswer(status: number, context: FaultContext): Answer {
  const { dialect, script, url } = context
  if (status < 300) return emptyAnswer(status)
  if (status < 400) return { ...emptyAnswer(status), headers: { location: `${REDIRECT_PREFIX}${url}` } }
  if (PAGE_STATUSES.includes(status)) return htmlAnswer(status, `${status} from the proxy`)
  const given = script?.failure.code != null ? script.failure : null
  const code = given?.code ?? CODES[status] ?? `http_${status}`
  const answer = dialect.error(status, code, given?.message ?? `The upstream answers ${status} on purpose.`)
  if (script?.retryAfter == null) return answer
  return { ...answer, headers: { ...answer.headers, 'retry-after': script.retryAfter } }
}

const ID_KEYS: readonly string[] = ['id', 'task_id', 'request_id']

/** The real answer without anything to ask for later. */
function withoutId(real: Answer | null): Answer {
  if (real === null) return jsonAnswer(200, { object: 'video', status: 'queued', progress: 0 })
  const text = JSON.stringify(JSON.parse(real.body.toString('utf8')), (key, value: unknown) =>
    ID_KEYS.includes(key) ? undefined : value,
  )
  return { ...real, body: Buffer.from(text) }
}

function invalid(context: FaultContext): Answer {
  return context.dialect.error(500, 'invalid_request', 'The upstream fails on purpose.')
}

const REPLACEMENTS: Readonly<Record<ReplacedKind, (context: FaultContext) => Answer>> = {
  html: () => htmlAnswer(200, 'Please wait'),
  empty: () => emptyAnswer(200),
  json: () => jsonAnswer(200, { message: 'Not what was asked for.' }),
  'mp4-json': (context) => ({ ...invalid(context), status: 200, headers: { 'content-type': 'video/mp4' } }),
  noid: (context) => withoutId(context.real),
  '200error': (context) => ({ ...invalid(context), status: 200 }),
  '500invalid': invalid,
}

export function replacedAnswer(kind: ReplacedKind, context: FaultContext): Answer {
  return REPLACEMENTS[kind](context)
}
