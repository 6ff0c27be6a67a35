import type { ErrorEnvelope } from '@reelay/sdk'
import { StorageUnavailable } from '../files/files.ts'
import { StoreUnavailable } from '../store/store.ts'
import { ApiError } from './api-error.ts'

function typeOf(status: number): string {
  if (status === 401) return 'authentication_error'
  if (status === 403) return 'permission_error'
  if (status === 429) return 'rate_limit_error'
  return status >= 500 ? 'server_error' : 'invalid_request_error'
}

export const errorEnvelope = (error: ApiError): ErrorEnvelope => ({
  error: { message: error.message, type: typeOf(error.status), param: error.param, code: error.code },
})

/** For whoever answers on Node's own response. */
export type AnswerParts = { status: number; headers: Record<string, string>; text: string }

export const errorParts = (error: ApiError): AnswerParts => ({
  status: error.status,
  headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...error.headers },
  text: JSON.stringify(errorEnvelope(error)),
})

export function errorAnswer(error: ApiError): Response {
  const { text, ...init } = errorParts(error)
  return new Response(text, init)
}

/** True when the database or the storage cannot serve now, so that the same request may succeed later. */
const isOutage = (error: unknown): boolean =>
  error instanceof StorageUnavailable || error instanceof StoreUnavailable

/** What a thrown value means to the client. Whatever was not foreseen is a 500 that tells nothing but the request id. */
export function asApiError(error: unknown, requestId: string): ApiError {
  if (error instanceof ApiError) return error
  if (isOutage(error)) {
    return new ApiError(
      'overloaded',
      'The gateway cannot store requests at the moment. Try again in a few seconds.',
      {
        headers: { 'retry-after': '5' },
        cause: error,
      },
    )
  }
  const message = `Something failed inside the gateway. Its log has the details under request id ${requestId}.`
  return new ApiError('internal_error', message, { cause: error })
}
