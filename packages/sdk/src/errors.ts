import type { Video } from './wire.ts'

/**
 * What went wrong, as far as a caller can act on it. Closed: a `switch` over it can be exhaustive. What the
 * server called it is in `serverCode`.
 */
export type ReelayErrorCode =
  /** An argument of the call cannot be sent. Nothing was sent. */
  | 'invalid_argument'
  /** The server refused the request as it is: change it. `param` often names the field. */
  | 'bad_request'
  /** The API key is missing, wrong or revoked. */
  | 'unauthorized'
  /** The API key may not do this. */
  | 'forbidden'
  | 'not_found'
  /** The video is not completed yet: wait for it first. */
  | 'not_ready'
  /** The file was removed by the retention policy. */
  | 'expired'
  /** Another request is in the way, for instance one with the same Idempotency-Key. */
  | 'conflict'
  | 'too_large'
  | 'rate_limited'
  /** Budget or credit is used up. */
  | 'quota_exceeded'
  /** This server, provider or model cannot do that. */
  | 'not_supported'
  | 'server_error'
  /**
   * An answer that is not of this API: HTML, a redirect, JSON where a file should be. Often a wrong base URL.
   */
  | 'unexpected_answer'
  /** No answer at all. */
  | 'connection_failed'
  | 'timeout'
  /** The caller's signal aborted. */
  | 'aborted'
  /** The task ended without a video. */
  | 'video_failed'

export type ReelayErrorDetails = {
  status?: number | null
  type?: string | null
  param?: string | null
  serverCode?: string | null
  requestId?: string | null
  retryable?: boolean
  retryAfterMs?: number | null
  cause?: unknown
}

/** Everything this package throws. */
export class ReelayError extends Error {
  override readonly name: string = 'ReelayError'
  readonly code: ReelayErrorCode
  /** HTTP status, or null when there was no answer. */
  readonly status: number | null
  /** `error.type` of the answer. */
  readonly type: string | null
  /** The request field at fault, as the server names it. */
  readonly param: string | null
  /** `error.code` of the answer. Not a closed set: servers differ. */
  readonly serverCode: string | null
  /** Quote it to the operator of the server. */
  readonly requestId: string | null
  /** How long the server asked to be left alone, in milliseconds; null when it did not say. */
  readonly retryAfterMs: number | null
  /** True when the same call may succeed later and doing it again does no harm. */
  retryable: boolean
  /**
   * Set when `videos.create` failed. When the outcome is in doubt, call it again with this `idempotencyKey`:
   * a server that honours the header answers the task that it made the first time.
   */
  idempotencyKey: string | null = null
  /** Set by `wait` and `createAndWait` once the task exists: it goes on, and can be waited for again. */
  videoId: string | null = null

  constructor(code: ReelayErrorCode, message: string, details: ReelayErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.status = details.status ?? null
    this.type = details.type ?? null
    this.param = details.param ?? null
    this.serverCode = details.serverCode ?? null
    this.requestId = details.requestId ?? null
    this.retryAfterMs = details.retryAfterMs ?? null
    this.retryable = details.retryable ?? false
  }
}

/** The server answered, and not with what was asked for. `status` is set. */
export class ReelayApiError extends ReelayError {
  override readonly name: string = 'ReelayApiError'
}

/** No answer arrived. The request may still have been received, unless `neverSent`. */
export class ReelayConnectionError extends ReelayError {
  override readonly name: string = 'ReelayConnectionError'
  /** True when the connection was never established, so the server cannot have seen the request. */
  readonly neverSent: boolean

  constructor(message: string, details: { neverSent: boolean; cause: unknown }) {
    super('connection_failed', message, { retryable: true, cause: details.cause })
    this.neverSent = details.neverSent
  }
}

/** A time limit of this client passed. The request may still have been received. */
export class ReelayTimeoutError extends ReelayError {
  override readonly name: string = 'ReelayTimeoutError'

  constructor(message: string) {
    super('timeout', message, { retryable: true })
  }
}

/** The caller's own signal aborted; `cause` is its reason. */
export class ReelayAbortError extends ReelayError {
  // The name that the platform gives to aborts, so that code which checks it keeps working.
  override readonly name: string = 'AbortError'

  constructor(cause: unknown) {
    super('aborted', 'The call was aborted by its signal', { cause })
  }
}

/** Thrown by `videos.createAndWait` when the task ended without a video. */
export class VideoFailedError extends ReelayError {
  override readonly name: string = 'VideoFailedError'
  readonly video: Video

  constructor(video: Video) {
    const reason = video.error === null ? 'the server gives no reason' : video.error.message
    super('video_failed', `Video ${video.id} ended as ${video.status}: ${reason}`, {
      type: video.error?.type ?? null,
      param: video.error?.param ?? null,
      serverCode: video.error?.code ?? null,
    })
    this.video = video
    this.videoId = video.id
  }
}
