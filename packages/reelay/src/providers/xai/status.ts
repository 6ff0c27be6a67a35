import { isRecord, numberOf, recordOf, textOf, type JsonRecord } from '../../system/json.ts'
import type { Operation, ProviderFailure, Verdict } from '../../task/verdict.ts'
import type { CodeMeaning, RefusalRules } from '../classify-submit.ts'
import { httpLink } from '../http-link.ts'
import { isInputFault, isModeration, readProviderError, sentenceOf } from '../provider-error.ts'
import type { ProviderError } from '../provider-error.ts'
import type { UpstreamAnswer } from '../upstream.ts'

/**
 * Its codes are sentences that say little, and its statuses mislead: a wrong key comes with 400, no credit with 429, a
 * moderated prompt with 403. What was meant is in the words of the message.
 */
const MEANINGS: ReadonlyMap<string, CodeMeaning> = new Map([
  ['incorrect api key', 'account'],
  ['used all available credits', 'account'],
  ['spending limit', 'account'],
  ['usage guidelines', 'moderation_blocked'],
])

const TELLING_WORDS = new RegExp([...MEANINGS.keys()].join('|'), 'i')

/** `{error: {message}}`, `{code, error: "text"}` or `{error: "text"}`. */
export function readXaiError(json: unknown): ProviderError | null {
  const error = readProviderError(json)
  const [words] = TELLING_WORDS.exec(error?.message ?? '') ?? []
  return error === null || words === undefined ? error : { code: words, message: error.message }
}

export const XAI_RULES: RefusalRules = {
  readError: readXaiError,
  finalCodes: new Set(),
  codes: MEANINGS,
  shedStatuses: [],
}

export function xaiOperation({ json }: UpstreamAnswer): Operation | null {
  const id = textOf(recordOf(json)['request_id'])
  // An error may carry the id of the HTTP request under this name.
  return id === null || readXaiError(json) !== null ? null : { providerTaskId: id }
}

const NO_SUCH_REQUEST = /\bnot.?found\b|\b(does|do) not exist\b/i

function isGone(answer: UpstreamAnswer): boolean {
  const error = readXaiError(answer.json)
  if (error === null || answer.status !== 404) return false
  return NO_SUCH_REQUEST.test(error.code ?? '') || NO_SUCH_REQUEST.test(error.message)
}

function failureOf(error: ProviderError): ProviderFailure {
  const isBlocked = MEANINGS.get((error.code ?? '').toLowerCase()) === 'moderation_blocked'
  if (isBlocked || isModeration(error)) return 'moderation_blocked'
  return isInputFault(error) ? 'invalid_input' : 'provider_failed'
}

function failed(job: JsonRecord): Verdict {
  const error = readXaiError({ error: job['error'] })
  if (error === null) {
    return { kind: 'failed', code: 'provider_failed', detail: 'The provider gave no reason.' }
  }
  return { kind: 'failed', code: failureOf(error), detail: sentenceOf(error) }
}

/** A video that its moderation held back is done all the same, without a link. */
function done(job: JsonRecord): Verdict {
  const video = recordOf(job['video'])
  if (video['respect_moderation'] === false) {
    const detail = 'The video was held back by moderation.'
    return { kind: 'failed', code: 'moderation_blocked', detail }
  }
  const ref = httpLink(video['url'])
  if (ref !== null) return { kind: 'done', outputs: [{ role: 'video', ref }] }
  const detail = 'The provider says that the job is done, and names no video.'
  return { kind: 'failed', code: 'provider_failed', detail }
}

function running(job: JsonRecord): Verdict {
  const percent = numberOf(job['progress'])
  if (percent === null) return { kind: 'running' }
  return { kind: 'running', progress: Math.min(99, Math.max(0, Math.floor(percent))) }
}

/** A body without a status: a video says that it is done, and 202 or the bare id that it is not. */
function withoutStatus(job: JsonRecord, httpStatus: number): Verdict | null {
  if (readXaiError(job) !== null) return null
  if (httpLink(recordOf(job['video'])['url']) !== null) return done(job)
  return httpStatus === 202 || textOf(job['request_id']) !== null ? running(job) : null
}

/** What the answer says of the job `id`; null when it is not the provider's word on it. */
export function xaiVerdict(answer: UpstreamAnswer, id: string): Verdict | null {
  if (isGone(answer)) return { kind: 'gone' }
  const { status: httpStatus, text, json } = answer
  if (httpStatus === 202 && text.trim() === '') return { kind: 'running' }
  if (httpStatus !== 200 && httpStatus !== 202) return null
  // Its jobs carry no id; one that does must carry ours.
  if (!isRecord(json) || (textOf(json['request_id']) ?? id) !== id) return null
  const status = textOf(json['status'])
  if (status === null) return withoutStatus(json, httpStatus)
  switch (status.trim().toLowerCase()) {
    case 'pending':
      return running(json)
    case 'done':
      return done(json)
    case 'failed':
      return failed(json)
    case 'expired':
      return { kind: 'failed', code: 'provider_expired', detail: 'The provider says that the job expired.' }
    default:
      return { kind: 'unrecognised', status: status.slice(0, 80) }
  }
}
