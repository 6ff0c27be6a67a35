import { isRecord, numberOf, recordOf, textOf } from '../../system/json.ts'
import { jsonOf, type UpstreamAnswer } from '../upstream.ts'

/**
 * Errors with which the SDK says that a key or a setting of the operator is missing, before it sends
 * anything.
 */
const ACCOUNT_ERRORS: readonly string[] = [
  'AI_LoadAPIKeyError',
  'AI_LoadSettingError',
  'GatewayAuthenticationError',
]

/** Errors with which it refuses a request itself. */
const INPUT_ERRORS: readonly string[] = [
  'AI_InvalidArgumentError',
  'AI_InvalidPromptError',
  'AI_TypeValidationError',
  'AI_UnsupportedFunctionalityError',
]

const MESSAGE_CHARACTERS_MAX = 500

/** What the model threw, in one line. */
export function wordsOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return (message === '' ? 'It gave no reason.' : message).slice(0, MESSAGE_CHARACTERS_MAX)
}

/** The same with what it was caused by: of options that do not fit, only the cause says which. */
export function reasonOf(error: unknown): string {
  const cause: unknown = error instanceof Error ? error.cause : undefined
  return cause instanceof Error ? `${wordsOf(error)}: ${wordsOf(cause)}` : wordsOf(error)
}

/** What an error says that comes before anything is sent; null when it does not tell. */
export function faultBeforeSending(error: unknown): 'account' | 'invalid_input' | null {
  const name = error instanceof Error ? error.name : ''
  if (ACCOUNT_ERRORS.includes(name)) return 'account'
  return INPUT_ERRORS.includes(name) ? 'invalid_input' : null
}

/** Whether an error tells of a request that was sent, whoever sent it. */
export const isOfARequest = (error: unknown): boolean =>
  error instanceof Error && ('statusCode' in error || error.name === 'AI_APICallError')

/**
 * The answer that an error of the SDK keeps, of a model whose requests we do not see; null when it keeps
 * none.
 */
export function answerIn(error: unknown): UpstreamAnswer | null {
  if (!(error instanceof Error)) return null
  const own: unknown = error
  const { statusCode, responseHeaders, responseBody } = isRecord(own) ? own : {}
  const status = numberOf(statusCode)
  if (status === null) return null
  const cause: unknown = error.cause
  const text = textOf(responseBody) ?? textOf(recordOf(cause)['responseBody']) ?? ''
  const given = Object.entries(recordOf(responseHeaders ?? recordOf(cause)['responseHeaders']))
  const headers = new Map(
    given.flatMap(([name, value]) => (typeof value === 'string' ? [[name, value] as const] : [])),
  )
  return { status, headers, text, json: jsonOf(headers, text) }
}
