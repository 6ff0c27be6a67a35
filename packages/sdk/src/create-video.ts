import { createBody, hasFile, type CreateEncoding, type VideoCreateParams } from './create-body.ts'
import { ReelayConnectionError, ReelayError } from './errors.ts'
import type { Call, Transport } from './transport.ts'
import { videoFromAnswer, type ReceivedVideo } from './video-from-answer.ts'

export type CreateOptions = {
  /**
   * Sent as `Idempotency-Key`, the same in every attempt of this call; made by the client when absent. Give
   * your own to make a create safe to repeat across calls and restarts.
   */
  idempotencyKey?: string | undefined
  signal?: AbortSignal | undefined
}

export type CreateSettings = {
  encoding: CreateEncoding
  /** Null: true once the server has identified itself as a Reelay gateway. */
  idempotentCreate: boolean | null
  newIdempotencyKey: () => string
  /** For requests that carry a file, in milliseconds. */
  uploadTimeoutMs: number
}

/** Creates a task; see `VideosClient.create`. */
export async function createVideo(
  transport: Transport,
  settings: CreateSettings,
  params: VideoCreateParams,
  options: CreateOptions,
): Promise<ReceivedVideo> {
  createBody(params, settings.encoding) // Faults of the arguments surface before anything is sent.
  const request = {
    path: '/v1/videos',
    body: () => createBody(params, settings.encoding),
    timeoutMs: hasFile(params) ? settings.uploadTimeoutMs : transport.timeoutMs,
  }
  return postKeyed(transport, settings, request, options)
}

/**
 * A request that makes a task, with a key that is the same in all of its attempts. Repeated when its outcome is in doubt only
 * where the server is known to honour the key.
 */
export async function postKeyed(
  transport: Transport,
  settings: CreateSettings,
  request: Pick<Call, 'path' | 'body' | 'timeoutMs'>,
  options: CreateOptions,
): Promise<ReceivedVideo> {
  // Minted here, outside the retries: all attempts of one call are one creation.
  const key = idempotencyKey(options.idempotencyKey ?? settings.newIdempotencyKey())
  const isIdempotent = (): boolean => settings.idempotentCreate ?? transport.isReelay()
  const mayRepeat = (error: ReelayError): boolean =>
    isIdempotent() ? error.retryable : mayRepeatUnsafe(error)
  const call: Call = {
    ...request,
    method: 'POST',
    headers: { accept: 'application/json', 'idempotency-key': key },
    signal: options.signal,
    mayRetry: mayRepeat,
  }
  try {
    return videoFromAnswer(await transport.request(call))
  } catch (error) {
    if (error instanceof ReelayError) {
      error.idempotencyKey = key
      error.retryable = mayRepeat(error)
    }
    throw error
  }
}

/** For a request that must not be received twice: only when the server surely did not take it. */
export const mayRepeatUnsafe = (error: ReelayError): boolean =>
  (error.status === 429 && error.retryable) || (error instanceof ReelayConnectionError && error.neverSent)

function idempotencyKey(key: string): string {
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return key
  const message = 'idempotencyKey must be 1 to 255 printable ASCII characters without spaces'
  throw new ReelayError('invalid_argument', message, { param: 'idempotencyKey' })
}
