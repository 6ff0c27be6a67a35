import { PLAIN_RULES, type RefusalRules } from '../classify-submit.ts'
import { readProviderError } from '../provider-error.ts'
import type { UpstreamAnswer } from '../upstream.ts'

/**
 * CometAPI says of itself that a 500 with `invalid_request` is not worth a retry, and some of its refusals arrive with
 * status 200: these codes are final whatever the status. An error with another code, or with its usual empty one, may
 * come from behind the provider that had already taken the job.
 */
export const COMETAPI_RULES: RefusalRules = {
  ...PLAIN_RULES,
  finalCodes: new Set([
    'invalid_request',
    'invalidparameter',
    'invalid_parameter',
    'invalid_value',
    'missing_required_parameter',
    'model_not_found',
  ]),
}

const GONE_STATUSES = [200, 400, 404]
const GONE_WORDS = /\b(task_not_exist|task_not_found|video_not_found)\b/i

/** `task_not_exist` comes with 400 or 404, as a code or within the message, and for a moment after create too. */
export function isCometapiGone(answer: UpstreamAnswer): boolean {
  const error = readProviderError(answer.json)
  if (error === null || !GONE_STATUSES.includes(answer.status)) return false
  return GONE_WORDS.test(error.code ?? '') || GONE_WORDS.test(error.message)
}
