import type { InsertOutcome } from '../store/store.ts'
import { ApiError } from './api-error.ts'
import type { LimitedAct } from './rate-limiter.ts'

/** Longer pauses make clients give up or look dead; whoever asks again too early is told so again. */
const RETRY_SECONDS_MAX = 60

const retryAfter = (waitMs: number): string =>
  String(Math.min(RETRY_SECONDS_MAX, Math.max(1, Math.ceil(waitMs / 1_000))))

const limitExceeded = (
  message: string,
  waitMs: number,
  headers: Readonly<Record<string, string>> = {},
): ApiError =>
  new ApiError('rate_limit_exceeded', message, { headers: { 'retry-after': retryAfter(waitMs), ...headers } })

/** The project sends faster than it may. */
export function tooFast(act: LimitedAct, waitMs: number): ApiError {
  const what = act === 'create' ? 'creates of videos' : 'requests'
  const message = Number.isFinite(waitMs)
    ? `The project has used up its ${what} for now. Slow down, and try again after Retry-After.`
    : `The project may send no ${what}: its limit is 0. Ask an administrator of the gateway to raise it.`
  return limitExceeded(message, waitMs)
}

/** The address fails too often to name a key. */
export const tooManyFailures = (waitMs: number): ApiError =>
  limitExceeded(
    'Too many requests without a valid API key came from this address. Check the key, and try again after Retry-After.',
    waitMs,
  )

/** The project follows as much as it may. */
export const tooManyStreams = (max: number): ApiError =>
  limitExceeded(
    `The project has ${max} event streams open here, as many as it may have. Close one, or ask with Prefer: wait instead.`,
    RETRY_SECONDS_MAX * 1_000,
  )

/** The project has as many videos as it may have. */
export function tooManyVideos(outcome: InsertOutcome & { kind: 'limited' }, nowMs: number): ApiError {
  if (outcome.max === 0) {
    const message =
      `The project may make no videos: its limit ${outcome.by} is 0. ` +
      'Ask an administrator of the gateway to raise it.'
    return limitExceeded(message, Infinity, { 'x-should-retry': 'false' })
  }
  if (outcome.by === 'in_flight') {
    const message =
      `The project has ${outcome.max} videos under way, as many as it may have. ` +
      'Try again when one of them ends, or cancel one.'
    return limitExceeded(message, RETRY_SECONDS_MAX * 1_000)
  }
  const waitMs = outcome.dayEndsAtMs - nowMs
  const message =
    `The project has made ${outcome.max} videos today, as many as it may make in a day. ` +
    `The day ends at ${new Date(outcome.dayEndsAtMs).toISOString()} (UTC).`
  // A client that repeats by itself would only wait for nothing.
  const isLong = waitMs > RETRY_SECONDS_MAX * 1_000
  return limitExceeded(message, waitMs, isLong ? { 'x-should-retry': 'false' } : {})
}
