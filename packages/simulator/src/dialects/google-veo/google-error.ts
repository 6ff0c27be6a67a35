import { jsonAnswer, type Answer } from '../../answer.ts'
import type { Refusal } from '../../dialect.ts'

/** `google.rpc.Code`: the number of each word, and the HTTP status that it comes with. */
const RPC_CODES: Readonly<Record<string, { readonly number: number; readonly status: number }>> = {
  CANCELLED: { number: 1, status: 499 },
  UNKNOWN: { number: 2, status: 500 },
  INVALID_ARGUMENT: { number: 3, status: 400 },
  DEADLINE_EXCEEDED: { number: 4, status: 504 },
  NOT_FOUND: { number: 5, status: 404 },
  ALREADY_EXISTS: { number: 6, status: 409 },
  PERMISSION_DENIED: { number: 7, status: 403 },
  RESOURCE_EXHAUSTED: { number: 8, status: 429 },
  FAILED_PRECONDITION: { number: 9, status: 400 },
  ABORTED: { number: 10, status: 409 },
  OUT_OF_RANGE: { number: 11, status: 400 },
  UNIMPLEMENTED: { number: 12, status: 501 },
  INTERNAL: { number: 13, status: 500 },
  UNAVAILABLE: { number: 14, status: 503 },
  DATA_LOSS: { number: 15, status: 500 },
  UNAUTHENTICATED: { number: 16, status: 401 },
}

/** The number of a word; that of `INTERNAL` for one that is none. */
export function rpcNumberOf(word: string | null): number {
  return RPC_CODES[word ?? '']?.number ?? 13
}

/** The plain codes of the service in Google's words. */
const WORDS: Readonly<Record<string, string>> = {
  invalid_request: 'INVALID_ARGUMENT',
  // Said of accounts without billing, where there is no free tier.
  insufficient_quota: 'FAILED_PRECONDITION',
  permission_denied: 'PERMISSION_DENIED',
  not_found: 'NOT_FOUND',
  model_not_found: 'NOT_FOUND',
  rate_limit_exceeded: 'RESOURCE_EXHAUSTED',
  internal_error: 'INTERNAL',
  overloaded: 'UNAVAILABLE',
  http_409: 'ABORTED',
}

/** Why, in a word that programs read: `API_KEY_INVALID`, `SERVICE_DISABLED`. */
export function errorInfo(reason: string): object {
  return { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, domain: 'googleapis.com' }
}

const RETRY_INFO = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '30s' }

/** Google's envelope. The number in it is the HTTP status, other than that of a failed operation. */
export function googleError(
  word: string,
  message: string,
  { status = RPC_CODES[word]?.status ?? 500, details }: { status?: number; details?: readonly object[] } = {},
): Answer {
  const more = details === undefined ? {} : { details }
  return jsonAnswer(status, { error: { code: status, message, status: word, ...more } })
}

/** What else it may be, by the HTTP status alone. */
function wordOf(status: number): string {
  const known = Object.entries(RPC_CODES).find(([, code]) => code.status === status)
  return known?.[0] ?? (status >= 500 ? 'INTERNAL' : 'INVALID_ARGUMENT')
}

/** A refusal of the service. A code that is no word of Google's is told as the reason of the error. */
export function refusalError({ status, code, message }: Refusal): Answer {
  const word = WORDS[code] ?? (code in RPC_CODES ? code : null)
  if (word === null) {
    const details = code.startsWith('http_') ? {} : { details: [errorInfo(code)] }
    return googleError(wordOf(status), message, { status, ...details })
  }
  const details = word === 'RESOURCE_EXHAUSTED' ? { details: [RETRY_INFO] } : {}
  // A model that is not there is found out by its name.
  return code === 'model_not_found'
    ? googleError(word, message, details)
    : googleError(word, message, { status, ...details })
}
