import { jsonAnswer, type Answer } from '../../answer.ts'
import type { Refusal } from '../../dialect.ts'

/** Its codes and what it says to each. */
const MESSAGES: ReadonlyMap<number, string> = new Map([
  [400011, 'Empty parameter'],
  [400012, 'Invalid account'],
  [400013, 'Invalid binding request: incorrect parameter type or value'],
  [400017, 'Invalid parameter'],
  [400018, 'Prompt/negative prompt length exceeds 2048 characters limit.'],
  [400032, 'Invalid image ID'],
  [500008, 'Requested data not found'],
  [500020, 'User does not have permission for this operation'],
  [500030, 'Image size cannot exceed 20M'],
  [500032, 'Invalid image format'],
  [500044, 'Reached the limit for concurrent generations.'],
  [500063, 'The prompt is not compliant, please re-enter'],
  [500069, 'The system is currently experiencing high demand. Please try again later.'],
  [500090, 'Insufficient balance. Unable to generate video. Please top up your credits.'],
])

const CODES: ReadonlyMap<string, number> = new Map([
  ['invalid_request', 400017],
  ['invalid_api_key', 400012],
  ['insufficient_quota', 500090],
  ['permission_denied', 500020],
  ['not_found', 500008],
  ['model_not_found', 400017],
  ['rate_limit_exceeded', 500069],
  ['concurrency_limit_exceeded', 500044],
])
const CODE_UNKNOWN = 99_999

/** Everything comes with status 200: only the code tells an error. */
export function errCode(code: number, message?: string): Answer {
  const ErrMsg = message ?? MESSAGES.get(code) ?? 'Unknown error'
  return jsonAnswer(200, { ErrCode: code, ErrMsg, Resp: null })
}

export function pixverseError({ code, message }: Refusal): Answer {
  const number = CODES.get(code) ?? (/^\d{5,6}$/u.test(code) ? Number(code) : CODE_UNKNOWN)
  // A key, an id: the provider's own words. Whatever was ordered says what was ordered.
  const isOwn = code === 'invalid_api_key' || code === 'concurrency_limit_exceeded'
  return isOwn ? errCode(number) : errCode(number, message)
}
