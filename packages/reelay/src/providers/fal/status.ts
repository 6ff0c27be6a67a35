import { firstTextOf, isRecord, listOf, recordOf, textOf } from '../../system/json.ts'
import type { Operation, ProviderFailure, Verdict } from '../../task/verdict.ts'
import { PLAIN_RULES, type RefusalRules } from '../classify-submit.ts'
import { httpLink } from '../http-link.ts'
import { isJobId } from '../operation-of-id.ts'
import { isModeration, readProviderError, sentenceOf, type ProviderError } from '../provider-error.ts'
import type { UpstreamAnswer } from '../upstream.ts'

export const FAL_BASE_URL = 'https://queue.fal.run'

/** What the platform says of a request that it could not run: its own word on the job, whatever the HTTP status. */
const REQUEST_ERRORS: ReadonlyMap<string, ProviderFailure> = new Map([
  ['request_timeout', 'provider_failed'],
  ['startup_timeout', 'provider_failed'],
  ['runner_scheduling_failure', 'provider_failed'],
  ['runner_connection_timeout', 'provider_failed'],
  ['runner_disconnected', 'provider_failed'],
  ['runner_connection_refused', 'provider_failed'],
  ['runner_connection_error', 'provider_failed'],
  ['runner_incomplete_response', 'provider_failed'],
  ['runner_server_error', 'provider_failed'],
  ['internal_error', 'provider_failed'],
  ['client_disconnected', 'provider_cancelled'],
  ['client_cancelled', 'provider_cancelled'],
])

/** Types of a model's own errors that are not the request's fault. */
const MODEL_FAULTS: readonly string[] = [
  'internal_server_error',
  'generation_timeout',
  'downstream_service_error',
  'downstream_service_unavailable',
  'no_media_generated',
]

const INPUT_STATUSES = [400, 413, 415, 422]

/** Answers that speak of the account or of the moment, never of a job. */
const ACCOUNT_STATUSES = [401, 402, 403, 429]

/** The type of a model's error, which comes as a list; null for an error of any other shape. */
function modelErrorType(json: unknown): string | null {
  const types = listOf(recordOf(json)['detail']).map((entry) => textOf(recordOf(entry)['type']))
  return types.find((type) => type !== null) ?? null
}

function readFalError(json: unknown): ProviderError | null {
  const error = readProviderError(json)
  return error === null
    ? null
    : {
        code: firstTextOf(recordOf(json)['error_type'], modelErrorType(json), error.code),
        message: error.message,
      }
}

export const FAL_RULES: RefusalRules = { ...PLAIN_RULES, readError: readFalError }

/** The path of one of its URLs at `base`; null when the URL is somebody else's. */
function pathWithin(value: unknown, base: string): string | null {
  const url = URL.parse(httpLink(value) ?? '')
  const { origin, pathname } = new URL(base)
  const prefix = pathname.replace(/\/$/, '')
  if (url === null || url.origin !== origin || !url.pathname.startsWith(`${prefix}/`)) return null
  return url.pathname.slice(prefix.length) + url.search
}

/** A path of the model below its second part is no part of where its requests are. */
function documentedPath(model: string, id: string): string {
  const [owner = '', app = ''] = model.split('/')
  return `/${owner}/${app}/requests/${encodeURIComponent(id)}`
}

const MODEL_NAME = /^[a-z\d][\w-]*\/[a-z\d][\w.-]*(\/[\w.-]+){0,6}$/i

/** Of a job that was made elsewhere: it is asked for under its model. */
export function falOperationOf(id: string, model: string | null): Operation | string {
  if (model === null || !MODEL_NAME.test(model)) {
    return 'fal asks for a job under its model: give model as fal names it, for instance fal-ai/veo3.1.'
  }
  if (!isJobId(id)) return 'This is not an id of a job at fal: it is the request_id of its answer.'
  const path = documentedPath(model, id)
  return { providerTaskId: id, statusPath: `${path}/status`, responsePath: path }
}

/**
 * Where to ask for the job: the paths of the URLs that the answer gives, since those drop a part of the model's name.
 * Of a URL that leads elsewhere nothing is kept: the documented path is asked instead.
 */
export function falOperation(
  answer: UpstreamAnswer,
  { base, model }: { base: string; model: string },
): Operation | null {
  const record = recordOf(answer.json)
  const id = textOf(record['request_id'])
  if (id === null || textOf(record['status']) === null) return null
  const documented = documentedPath(model, id)
  const pathOf = (url: unknown): string | null => pathWithin(url, base) ?? pathWithin(url, FAL_BASE_URL)
  return {
    providerTaskId: id,
    statusPath: pathOf(record['status_url']) ?? `${documented}/status`,
    responsePath: pathOf(record['response_url']) ?? documented,
  }
}

const NO_SUCH_REQUEST = /\brequest\b.{0,80}\b(not found|does not exist)/i

function isGone({ status, json }: UpstreamAnswer): boolean {
  const { detail, status: word } = recordOf(json)
  return status === 404 && (word === 'NOT_FOUND' || NO_SUCH_REQUEST.test(textOf(detail) ?? ''))
}

/** The run is over: its result, or what went wrong, is asked for elsewhere. */
type FalCompleted = { kind: 'completed'; error: ProviderError | null }

/** What the status says of the job `id`; null when it is not the provider's word on it. */
export function falStatus(answer: UpstreamAnswer, id: string): Verdict | FalCompleted | null {
  if (isGone(answer)) return { kind: 'gone' }
  const record = recordOf(answer.json)
  const status = textOf(record['status'])
  if (status === null || (textOf(record['request_id']) ?? id) !== id) return null
  switch (status) {
    case 'IN_QUEUE':
      return { kind: 'waiting' }
    case 'IN_PROGRESS':
      return { kind: 'running' }
    case 'COMPLETED':
      // A run that failed is completed as well.
      return { kind: 'completed', error: readFalError(answer.json) }
    default:
      return { kind: 'unrecognised', status: status.slice(0, 80) }
  }
}

function failed(error: ProviderError, httpStatus: number): Verdict {
  const { code } = error
  const detail = sentenceOf(error)
  if (isModeration(error)) return { kind: 'failed', code: 'moderation_blocked', detail }
  const known = code === null ? undefined : REQUEST_ERRORS.get(code)
  const isModelFault = code === null || MODEL_FAULTS.includes(code)
  const isInputFault = !isModelFault && INPUT_STATUSES.includes(httpStatus)
  return { kind: 'failed', code: known ?? (isInputFault ? 'invalid_input' : 'provider_failed'), detail }
}

/** What the status itself said of a run that went wrong. */
export const falFailure = (error: ProviderError): Verdict => failed(error, 200)

function videoLinks(json: unknown): string[] {
  const { video, videos } = recordOf(json)
  return [video, ...listOf(videos)].flatMap((entry) => httpLink(isRecord(entry) ? entry['url'] : entry) ?? [])
}

function outcome(json: unknown): Verdict | null {
  const outputs = [...new Set(videoLinks(json))].map((ref) => ({ role: 'video', ref }) as const)
  if (outputs.length > 0) return { kind: 'done', outputs }
  if (!isRecord(json) || Object.keys(json).length === 0 || readFalError(json) !== null) return null
  const detail = 'The provider says that the run is over, and its result names no video.'
  return { kind: 'failed', code: 'provider_failed', detail }
}

/**
 * What the result of a run that is over says. It bears no id; a result that cannot be read is no verdict.
 *
 * @param runError what the status said, if the run went wrong
 */
export function falResult(answer: UpstreamAnswer, runError: ProviderError | null): Verdict | null {
  const { status, json } = answer
  const error = readFalError(json)
  const isOwnWord = !ACCOUNT_STATUSES.includes(status) && error !== null
  if (isOwnWord && modelErrorType(json) !== null) return failed(error, status)
  if (runError !== null) return falFailure(runError)
  if (isOwnWord && /\bstill in progress\b/i.test(error.message)) return { kind: 'running' }
  if (isOwnWord && REQUEST_ERRORS.has(error.code ?? '')) return failed(error, status)
  if (isGone(answer)) return { kind: 'gone' }
  return status === 200 ? outcome(json) : null
}

/** Words with which it takes a cancel: out of its queue, or passed on to a run that has started. */
const CANCELLED: readonly string[] = ['OK', 'CANCELLATION_REQUESTED']
const TOO_LATE: readonly string[] = ['ALREADY_COMPLETED', 'NOT_FOUND']
const TOO_LATE_STATUSES = [400, 404, 409, 422]

/** What a cancel led to; null when the answer does not tell. The word decides, since no page says its HTTP status. */
export function falCancelled({ status, json }: UpstreamAnswer): 'cancelled' | 'refused' | null {
  const word = textOf(recordOf(json)['status']) ?? ''
  if (TOO_LATE.includes(word)) return 'refused'
  if (readFalError(json) !== null) return TOO_LATE_STATUSES.includes(status) ? 'refused' : null
  return status < 300 && CANCELLED.includes(word) ? 'cancelled' : null
}
