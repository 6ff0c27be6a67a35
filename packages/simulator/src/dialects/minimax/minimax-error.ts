import { jsonAnswer, type Answer } from '../../answer.ts'
import type { Refusal } from '../../dialect.ts'

/** 1000 is unknown, 1002 too fast, 1004 no key, 1008 no money, 2013 parameters, 2049 a wrong key. */
const CODES: ReadonlyMap<string, number> = new Map([
  ['invalid_request', 2013],
  ['invalid_api_key', 2049],
  ['insufficient_quota', 1008],
  ['permission_denied', 1004],
  ['not_found', 2013],
  ['model_not_found', 2013],
  ['rate_limit_exceeded', 1002],
  ['concurrency_limit_exceeded', 1002],
])
const CODE_UNKNOWN = 1000

/** The statuses of the second generation for the codes that have one. */
const STATUSES: ReadonlyMap<number, number> = new Map([
  [1000, 500],
  [1001, 500],
  [1002, 429],
  [1004, 401],
  [1008, 402],
  [1024, 500],
  [1026, 422],
  [1027, 422],
  [1033, 500],
  [2013, 400],
  [2049, 401],
])

const TYPES: ReadonlyMap<number, string> = new Map([
  [400, 'bad_request_error'],
  [401, 'authorized_error'],
  [402, 'insufficient_balance_error'],
  [422, 'unprocessable_entity_error'],
  [429, 'rate_limit_error'],
  [529, 'overloaded_error'],
])

export const SUCCESS = { status_code: 0, status_msg: 'success' } as const

/** A code as the number that it is; of what is no number, the one for what nobody knows. */
export function codeOf(code: string | null): number {
  if (code === null) return CODE_UNKNOWN
  return CODES.get(code) ?? (/^\d{4}$/u.test(code) ? Number(code) : CODE_UNKNOWN)
}

export const isV2 = (path: string): boolean => path.startsWith('/v2/')

function answerV2(status: number, code: number, message: string): Answer {
  const type = TYPES.get(status) ?? (status < 500 ? 'bad_request_error' : 'server_error')
  const error = { type, message: `${message} (${code})`, http_code: String(status) }
  return jsonAnswer(status, { type: 'error', error, request_id: '021785229015510a2c883cf675b9804d' })
}

/**
 * The first generation says everything with status 200, the second with a status and the code at the end of
 * the message.
 * An ordered fault has a status of its own, which the second repeats in its body.
 */
export function minimaxError({ status, code: name, message }: Refusal, path: string): Answer {
  const code = codeOf(name)
  if (!isV2(path)) return jsonAnswer(200, { base_resp: { status_code: code, status_msg: message } })
  const isNamed = CODES.has(name) || STATUSES.has(Number(name))
  return answerV2((isNamed ? STATUSES.get(code) : undefined) ?? status, code, message)
}

/** Parameters that it will not have. */
export function invalidParams(what: string, path: string): Answer {
  return minimaxError({ status: 400, code: '2013', message: `invalid params, ${what}` }, path)
}
