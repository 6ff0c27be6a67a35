import { recordOf, textOf, type JsonRecord } from '../../system/json.ts'
import type { Operation, ProviderFailure, Verdict } from '../../task/verdict.ts'
import type { CodeMeaning, RefusalRules } from '../classify-submit.ts'
import { httpLink } from '../http-link.ts'
import { isModeration, readProviderError, sentenceOf, type ProviderError } from '../provider-error.ts'
import type { UpstreamAnswer } from '../upstream.ts'

/** It has no codes: these words in its one text stand for them. */
const MEANINGS: ReadonlyMap<string, CodeMeaning> = new Map([
  ['insufficient credits', 'account'],
  ['not enough credits', 'account'],
])

const TELLING_WORDS = new RegExp([...MEANINGS.keys()].join('|'), 'i')

/** `{detail: "text"}`. */
export function readLumaError(json: unknown): ProviderError | null {
  const error = readProviderError(json)
  const [words] = TELLING_WORDS.exec(error?.message ?? '') ?? []
  return error === null || words === undefined ? error : { code: words, message: error.message }
}

export const LUMA_RULES: RefusalRules = {
  readError: readLumaError,
  finalCodes: new Set(),
  codes: MEANINGS,
  shedStatuses: [],
}

export function lumaOperation({ json }: UpstreamAnswer): Operation | null {
  const generation = recordOf(json)
  const id = textOf(generation['id'])
  return id === null || textOf(generation['state']) === null ? null : { providerTaskId: id }
}

/** Its own word that it has no such job; a bare `Not Found` is what a missing route says. */
function isGone({ status, json }: UpstreamAnswer): boolean {
  const detail = textOf(recordOf(json)['detail'])
  return status === 404 && detail !== null && detail !== 'Not Found'
}

const BLOCKED = /moderation|blacklisted words/i
const BAD_INPUT = /failed to read user input/i

function failureOf(error: ProviderError): ProviderFailure {
  if (BLOCKED.test(error.message) || isModeration(error)) return 'moderation_blocked'
  return BAD_INPUT.test(error.message) ? 'invalid_input' : 'provider_failed'
}

function failed(generation: JsonRecord): Verdict {
  const message = textOf(generation['failure_reason']) ?? 'The provider gave no reason.'
  const error = { code: null, message }
  return { kind: 'failed', code: failureOf(error), detail: sentenceOf(error) }
}

function completed(generation: JsonRecord): Verdict {
  const ref = httpLink(recordOf(generation['assets'])['video'])
  if (ref !== null) return { kind: 'done', outputs: [{ role: 'video', ref }] }
  const detail = 'The provider says that the job is completed, and names no video.'
  return { kind: 'failed', code: 'provider_failed', detail }
}

/** What the answer says of the generation `id`; null when it is not the provider's word on it. */
export function lumaVerdict(answer: UpstreamAnswer, id: string): Verdict | null {
  if (isGone(answer)) return { kind: 'gone' }
  const generation = recordOf(answer.json)
  const state = textOf(generation['state'])
  if (textOf(generation['id']) !== id || state === null) return null
  switch (state.trim().toLowerCase()) {
    case 'queued':
      return { kind: 'waiting' }
    case 'dreaming':
      return { kind: 'running' }
    case 'completed':
      return completed(generation)
    case 'failed':
      return failed(generation)
    default:
      return { kind: 'unrecognised', status: state.slice(0, 80) }
  }
}

const REFUSING_STATUSES = [400, 404, 409, 422]

/** What a DELETE led to; null when the answer does not tell. */
export function lumaCancelled(answer: UpstreamAnswer): 'cancelled' | 'refused' | null {
  if (answer.status === 204) return 'cancelled'
  const isOwnWord = textOf(recordOf(answer.json)['detail']) !== null
  return isOwnWord && REFUSING_STATUSES.includes(answer.status) ? 'refused' : null
}
