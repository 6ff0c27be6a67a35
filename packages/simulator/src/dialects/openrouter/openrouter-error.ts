import { jsonAnswer, type Answer } from '../../answer.ts'
import type { Refusal } from '../../dialect.ts'

/** The statuses of what the service asks for, where they are others. */
const STATUSES: ReadonlyMap<string, number> = new Map([
  ['insufficient_quota', 402],
  ['not_found', 404],
])

/** Words of a maker's moderation, as `[up:failed-code=…]` may dictate them. */
const MODERATION = /moderat|flagged|policy|safety|violence|sexual|hate/iu

export const NO_SUCH_JOB = 'Resource not found'

/** The code is the status as a number. What a moderation found is beside it. */
export function openrouterError({ status: wanted, code, message }: Refusal): Answer {
  const status = STATUSES.get(code) ?? wanted
  const error = { code: status, message: code === 'invalid_api_key' ? 'User not found.' : message }
  if (status !== 403 || !MODERATION.test(code)) return jsonAnswer(status, { error })
  const metadata = { reasons: [code], flagged_input: '', provider_name: 'Simulator', model_slug: '' }
  return jsonAnswer(status, { error: { ...error, metadata } })
}

export const badRequest = (message: string): Answer =>
  openrouterError({ status: 400, code: 'invalid_request', message })
