import { PLAIN_RULES, type RefusalRules } from '../classify-submit.ts'
import { isRecord, textOf } from '../../system/json.ts'
import { isModeration, readProviderError } from '../provider-error.ts'
import type { UpstreamAnswer } from '../upstream.ts'

/** Some servers answer a refusal with status 200, or carry the status as a numeric code in the body. */
export const OPENAI_RULES: RefusalRules = {
  ...PLAIN_RULES,
  finalCodes: new Set([
    'invalid_request',
    'invalid_request_error',
    'invalid_value',
    '400',
    '404',
    '415',
    '422',
  ]),
}

/**
 * "No such job" in the server's own words. FastAPI's bare `Not Found` is no word on a job: it says that the server
 * behind the address has no such route, for instance while it is being replaced.
 */
export function isOpenaiGone(answer: UpstreamAnswer): boolean {
  if (answer.status !== 404 && answer.status !== 410) return false
  const error = readProviderError(answer.json)
  if (error === null) return false
  const isBareRoute = isRecord(answer.json) && textOf(answer.json['detail']) === 'Not Found'
  return !isBareRoute
}

/** What servers say of a body whose encoding they do not read; the fields they miss are then all of them. */
const ENCODING_WORDS =
  /multipart|form.?data|content.?type|\bjson\b|boundary|required|missing|input_reference/i

/** A definite refusal that may be about the encoding alone: the same request may be sent once more in the other one. */
export function complainsOfEncoding(answer: UpstreamAnswer): boolean {
  if (answer.status === 415) return answer.json !== undefined
  if (answer.status !== 400 && answer.status !== 422) return false
  const error = readProviderError(answer.json)
  return error !== null && !isModeration(error) && ENCODING_WORDS.test(error.message)
}
