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
  readonly nowMs: number
  /** The task's script, when one is known. */
  readonly script: Script | null
  /** The answer that the request would have got, or null when it had no effect. */
  readonly real: Answer | null
}

/** The request's path as routes see it. */
function pathOf({ url }: FaultContext): string {
  const [path = ''] = url.split('?', 1)
  return path.startsWith(`${REDIRECT_PREFIX}/`) ? path.slice(REDIRECT_PREFIX.length) : path
}

/** A `Retry-After` as it is, or a date so many seconds from now for `date:7`. */
function retryAfterOf(text: string, nowMs: number): string {
  const seconds = /^date:(?<seconds>-?\d+)$/u.exec(text)?.groups?.['seconds']
  return seconds === undefined ? text : new Date(nowMs + Number(seconds) * 1000).toUTCString()
}

/** The error that the prompt dictates; null when it leaves that to the fault. */
function dictated({ script }: FaultContext): Script['failure'] | null {
  return script?.failure.code == null ? null : script.failure
}

/** What a bare HTTP status stands for. A 2xx is empty, a 3xx leads to the path under the redirect prefix. */
export function statusAnswer(status: number, context: FaultContext): Answer {
  const { dialect, url, nowMs, script } = context
  if (status < 300) return emptyAnswer(status)
  if (status < 400) return { ...emptyAnswer(status), headers: { location: `${REDIRECT_PREFIX}${url}` } }
  if (PAGE_STATUSES.includes(status)) return htmlAnswer(status, `${status} from the proxy`)
  const given = dictated(context)
  const code = given?.code ?? CODES[status] ?? `http_${status}`
  const message = given?.message ?? `The simulator answers ${status} on purpose.`
  const answer = { ...dialect.error({ status, code, message }, pathOf(context)), status }
  if (script?.retryAfter == null) return answer
  return {
    ...answer,
    headers: { ...answer.headers, 'retry-after': retryAfterOf(script.retryAfter, nowMs) },
  }
}

/** The real answer without anything to ask for later. */
function withoutId({ real, dialect }: FaultContext): Answer {
  if (real === null) return jsonAnswer(200, { object: 'video', status: 'queued', progress: 0 })
  if (real.headers['content-type']?.startsWith('application/json') !== true || real.body.length === 0) {
    return { ...real, body: Buffer.alloc(0) }
  }
  const text = JSON.stringify(JSON.parse(real.body.toString('utf8')), (key, value: unknown) =>
    dialect.idKeys.includes(key) ? undefined : value,
  )
  return { ...real, body: Buffer.from(text) }
}

function invalid(context: FaultContext, status: number): Answer {
  const given = status === 200 ? dictated(context) : null
  const { code, message } = given ?? { code: null, message: 'The simulator fails on purpose.' }
  const refusal = { status: status === 200 ? 400 : status, code: code ?? 'invalid_request', message }
  return { ...context.dialect.error(refusal, pathOf(context)), status }
}

const REPLACEMENTS: Readonly<Record<ReplacedKind, (context: FaultContext) => Answer>> = {
  html: () => htmlAnswer(200, 'Please wait'),
  empty: () => emptyAnswer(200),
  json: () => jsonAnswer(200, { message: 'Not what was asked for.' }),
  'mp4-json': (context) => ({ ...invalid(context, 200), headers: { 'content-type': 'video/mp4' } }),
  noid: withoutId,
  '200error': (context) => invalid(context, 200),
  '500invalid': (context) => invalid(context, 500),
}

export function replacedAnswer(kind: ReplacedKind, context: FaultContext): Answer {
  return REPLACEMENTS[kind](context)
}
