import { listOf, recordOf, textOf, type JsonRecord } from '../system/json.ts'
import type { CodeMeaning, RefusalRules } from './classify-submit.ts'
import { readProviderError, type ProviderError } from './provider-error.ts'

/** Reasons that say more than the status beside them: a wrong key comes as `INVALID_ARGUMENT` with 400. */
const TELLING_REASONS = ['API_KEY_INVALID', 'BILLING_DISABLED', 'SERVICE_DISABLED']

function reasonOf(error: JsonRecord): string | null {
  const reasons = listOf(error['details']).map((detail) => textOf(recordOf(detail)['reason']))
  return reasons.find((reason) => reason !== null && TELLING_REASONS.includes(reason)) ?? null
}

/** Google's envelope: a number in `code`, the word for it in `status`, sometimes a reason in `details`. */
export function readGoogleError(json: unknown): ProviderError | null {
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
export const GOOGLE_RULES: RefusalRules = {
  readError: readGoogleError,
  finalCodes: new Set(['invalid_argument', 'out_of_range']),
  codes: CODES,
  shedStatuses: [],
}
