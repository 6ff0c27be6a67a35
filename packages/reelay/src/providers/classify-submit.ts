import type { StartOutcome } from '../task/verdict.ts'
import { isModeration, readProviderError, sentenceOf, type ProviderError } from './provider-error.ts'
import { SubmitUnknown } from './provider.ts'
import { readRetryAfter } from './retry-after.ts'
import { UpstreamFailed } from './upstream-failed.ts'
import type { UpstreamAnswer } from './upstream.ts'

/** How long an account rests whose key or credit was refused. */
export const ACCOUNT_PAUSE_MS = 60_000

/** How long an account rests after a 429 that does not say. */
export const THROTTLE_PAUSE_MS = 5_000

const RAW_ANSWER_CHARACTERS_MAX = 4_000

export type CodeMeaning = 'moderation_blocked' | 'invalid_input' | 'rejected_by_provider' | 'account' | 'busy'

/** What differs between providers when they refuse, as data. */
export type RefusalRules = {
  readError: (json: unknown) => ProviderError | null
  /** Codes with which this provider refuses for good whatever the HTTP status, 200 and 500 included. */
  finalCodes: ReadonlySet<string>
  /**
   * What this provider's own codes mean, in lower case, whatever the HTTP status: for those that answer errors with 200,
   * or several meanings with one status. `busy`: nothing was accepted, try again later.
   */
  codes?: ReadonlyMap<string, CodeMeaning>
  /** Statuses that this provider documents as load shedding: nothing was accepted. */
  shedStatuses: readonly number[]
}

/** Nothing but the HTTP status decides, and 502, 503 and 504 prove nothing. */
export const PLAIN_RULES: RefusalRules = {
  readError: readProviderError,
  finalCodes: new Set(),
  shedStatuses: [],
}

const CREDIT_CODE = /insufficient.?(quota|balance|credit)|billing|quota.?exceeded/i

/** What an operator is shown of an answer that nobody understood. */
function rawAnswerOf(answer: UpstreamAnswer): string {
  const head = `HTTP ${answer.status} ${answer.headers.get('content-type') ?? ''}`.trim()
  return `${head}\n${answer.text}`.slice(0, RAW_ANSWER_CHARACTERS_MAX)
}

function unknown(answer: UpstreamAnswer): SubmitUnknown {
  const what = answer.status < 300 ? 'an answer without an id' : 'an answer that proves nothing'
  return new SubmitUnknown(
    `The provider gave ${what} (HTTP ${answer.status}): it may have accepted the job.`,
    {
      rawAnswer: rawAnswerOf(answer),
    },
  )
}

function classifyFailure(failure: UpstreamFailed, nowMs: number): StartOutcome {
  if (failure.kind === 'credentials') {
    const pause = { retryAtMs: nowMs + ACCOUNT_PAUSE_MS, pauseAccountMs: ACCOUNT_PAUSE_MS }
    return { kind: 'not_sent', detail: failure.message, ...pause }
  }
  if (!failure.sent) return { kind: 'not_sent', detail: failure.message }
  throw new SubmitUnknown(`${failure.message} The provider may have accepted the job.`, { cause: failure })
}

function refusedForNow(answer: UpstreamAnswer, detail: string, nowMs: number): StartOutcome {
  const pauseAccountMs = readRetryAfter(answer.headers.get('retry-after'), nowMs) ?? THROTTLE_PAUSE_MS
  return { kind: 'not_sent', detail, retryAtMs: nowMs + pauseAccountMs, pauseAccountMs }
}

/** The statuses that refuse for good when the provider says why; null for all others. */
function rejectionOf(
  status: number,
  error: ProviderError,
): 'account' | 'invalid_input' | 'rejected_by_provider' | null {
  switch (status) {
    case 400:
    case 413:
    case 415:
    case 422:
      return 'invalid_input'
    case 404:
      return 'rejected_by_provider'
    case 401:
    case 402:
    case 403:
      return 'account'
    case 429:
      return CREDIT_CODE.test(error.code ?? '') ? 'account' : null
    default:
      return null
  }
}

/**
 * What came of a billable request that did not yield a job id: the whole table of at-most-once submitting.
 *
 * Only a connection that never stood, or a refusal in the provider's own words, allows another request.
 *
 * @throws SubmitUnknown for everything that the provider may have accepted.
 */
export function classifySubmit(
  result: UpstreamAnswer | UpstreamFailed,
  rules: RefusalRules,
  nowMs: number,
): StartOutcome {
  if (result instanceof UpstreamFailed) return classifyFailure(result, nowMs)
  const error = rules.readError(result.json)
  if (error !== null) {
    const detail = sentenceOf(error)
    const meaning = rules.codes?.get((error.code ?? '').toLowerCase())
    if (meaning === 'busy') return refusedForNow(result, detail, nowMs)
    if (meaning !== undefined) return { kind: 'rejected', code: meaning, detail }
    if (result.status !== 401 && result.status !== 429 && isModeration(error)) {
      return { kind: 'rejected', code: 'moderation_blocked', detail }
    }
    const code = rejectionOf(result.status, error)
    if (code !== null) return { kind: 'rejected', code, detail }
    const isFinal = error.code !== null && rules.finalCodes.has(error.code.toLowerCase())
    if (isFinal && result.status !== 429) return { kind: 'rejected', code: 'invalid_input', detail }
  }
  if (result.status === 429 || rules.shedStatuses.includes(result.status)) {
    const detail = error === null ? `The provider is busy (HTTP ${result.status}).` : sentenceOf(error)
    return refusedForNow(result, detail, nowMs)
  }
  throw unknown(result)
}
