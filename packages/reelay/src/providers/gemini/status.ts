import { isRecord, listOf, numberOf, recordOf, textOf, type JsonRecord } from '../../system/json.ts'
import type { Operation, Output, ProviderFailure, Verdict } from '../../task/verdict.ts'
import type { CodeMeaning, RefusalRules } from '../classify-submit.ts'
import { httpLink } from '../http-link.ts'
import { isModeration, readProviderError, sentenceOf, type ProviderError } from '../provider-error.ts'
import type { UpstreamAnswer } from '../upstream.ts'

/** Reasons that say more than the status beside them: a wrong key comes as `INVALID_ARGUMENT` with 400. */
const TELLING_REASONS = ['API_KEY_INVALID', 'BILLING_DISABLED', 'SERVICE_DISABLED']

function reasonOf(error: JsonRecord): string | null {
  const reasons = listOf(error['details']).map((detail) => textOf(recordOf(detail)['reason']))
  return reasons.find((reason) => reason !== null && TELLING_REASONS.includes(reason)) ?? null
}

/** Google's envelope: a number in `code`, the word for it in `status`, sometimes a reason in `details`. */
export function readGeminiError(json: unknown): ProviderError | null {
  const error = readProviderError(json)
  const own = recordOf(recordOf(json)['error'])
  const code = reasonOf(own) ?? textOf(own['status'])
  return error === null || code === null ? error : { code, message: error.message }
}

/** `FAILED_PRECONDITION` is said of accounts without billing, where there is no free tier. */
const CODES: ReadonlyMap<string, CodeMeaning> = new Map([
  ['api_key_invalid', 'account'],
  ['billing_disabled', 'account'],
  ['service_disabled', 'account'],
  ['unauthenticated', 'account'],
  ['permission_denied', 'account'],
  ['failed_precondition', 'account'],
  ['not_found', 'rejected_by_provider'],
  ['resource_exhausted', 'busy'],
])

/** `UNAVAILABLE`, `INTERNAL` and `DEADLINE_EXCEEDED` do not say that nothing was accepted, so they are not here. */
export const GEMINI_RULES: RefusalRules = {
  readError: readGeminiError,
  finalCodes: new Set(['invalid_argument', 'out_of_range']),
  codes: CODES,
  shedStatuses: [],
}

/** Names of operations have slashes in them; only those that are safe in a path are taken for one. */
const OPERATION_NAME = /^(?:[\w~-][\w.~-]*\/){0,6}operations\/[\w~-][\w.~-]*$/

export const isOperationName = (name: string): boolean => OPERATION_NAME.test(name)

export function geminiOperation({ json }: UpstreamAnswer): Operation | null {
  const name = textOf(recordOf(json)['name'])
  return name === null || !isOperationName(name) ? null : { providerTaskId: name }
}

/** Numbers of `google.rpc.Code` that say more than that it failed. */
const FAILURES: ReadonlyMap<number, ProviderFailure> = new Map([
  [1, 'provider_cancelled'],
  [3, 'invalid_input'],
  [11, 'invalid_input'],
])

const RESPONSIBLE_AI = /responsible ai|usage (guidelines|policies)|\bsafety\b/i

function failedWith(error: JsonRecord): Verdict {
  const message = textOf(error['message']) ?? 'The provider gave no reason.'
  const told = { code: textOf(error['status']), message }
  const isModerated = isModeration(told) || RESPONSIBLE_AI.test(message)
  const code = isModerated ? 'moderation_blocked' : FAILURES.get(numberOf(error['code']) ?? 0)
  return { kind: 'failed', code: code ?? 'provider_failed', detail: sentenceOf(told) }
}

/** Filtered videos are left out of the samples, and counted. */
function withoutSamples(result: JsonRecord): Verdict {
  const reasons = listOf(result['raiMediaFilteredReasons']).flatMap((reason) => textOf(reason) ?? [])
  const isFiltered = reasons.length > 0 || (numberOf(result['raiMediaFilteredCount']) ?? 0) > 0
  if (!isFiltered) {
    const detail = 'The provider says that the job is done, and names no video.'
    return { kind: 'failed', code: 'provider_failed', detail }
  }
  const message = reasons.length === 0 ? 'The video was filtered out.' : reasons.join(' ')
  return { kind: 'failed', code: 'moderation_blocked', detail: sentenceOf({ code: null, message }) }
}

function ended(operation: JsonRecord): Verdict {
  if (isRecord(operation['error'])) return failedWith(operation['error'])
  const response = recordOf(operation['response'])
  const result = isRecord(response['generateVideoResponse']) ? response['generateVideoResponse'] : response
  const samples = [...listOf(result['generatedSamples']), ...listOf(result['generatedVideos'])]
  const outputs = samples.flatMap((sample): Output[] => {
    const ref = httpLink(recordOf(recordOf(sample)['video'])['uri'])
    return ref === null ? [] : [{ role: 'video', ref }]
  })
  return outputs.length === 0 ? withoutSamples(result) : { kind: 'done', outputs }
}

const isGone = (answer: UpstreamAnswer): boolean =>
  answer.status === 404 && readGeminiError(answer.json)?.code === 'NOT_FOUND'

/** What the answer says of the operation `name`; null when it is not the provider's word on it. */
export function geminiVerdict(answer: UpstreamAnswer, name: string): Verdict | null {
  if (isGone(answer)) return { kind: 'gone' }
  const operation = recordOf(answer.json)
  if (textOf(operation['name']) !== name) return null
  const done = operation['done'] ?? false
  if (done === true) return ended(operation)
  if (done === false) return { kind: 'running' }
  return { kind: 'unrecognised', status: `done: ${JSON.stringify(done)}`.slice(0, 80) }
}
