import type { Clock } from '../system/clock.ts'
import { ApiError } from './api-error.ts'

/** How slow a body may be: `graceMs` in all, and more as bytes arrive. */
export type BodyPace = { graceMs: number; bytesPerSecondMin: number }

/** Bodies of a few fields have to arrive within half a minute. */
export const SMALL_BODY_PACE: BodyPace = { graceMs: 30_000, bytesPerSecondMin: Number.POSITIVE_INFINITY }

/** Uploads take as long as they take, unless next to nothing arrives. */
export const UPLOAD_PACE: BodyPace = { graceMs: 30_000, bytesPerSecondMin: 8_192 }

export type BodyBounds = {
  bytesMax: number
  pace: BodyPace
  /** `as_it_is`: a compressed body is taken, and stays compressed. Refused when absent. */
  encoded?: 'as_it_is'
}

export const payloadTooLarge = (bytesMax: number, what = 'The request body'): ApiError =>
  new ApiError('payload_too_large', `${what} is larger than the limit of ${bytesMax} bytes. Send less.`, {
    headers: { connection: 'close', 'x-should-retry': 'false' },
  })

/** The declared length of the body, if there is one. */
export function declaredBytes(headers: Headers): number | undefined {
  const length = headers.get('content-length')
  return length !== null && /^\d{1,15}$/.test(length) ? Number(length) : undefined
}

/** Bodies are taken as they come: whoever inflates what others send may get a thousand times as much. */
function refuseEncoded(headers: Headers): void {
  const encoding = headers.get('content-encoding')?.trim().toLowerCase() ?? ''
  if (encoding === '' || encoding === 'identity') return
  const message = 'Send the body as it is, without a Content-Encoding.'
  throw new ApiError('unsupported_media_type', message, { param: 'Content-Encoding' })
}

/**
 * The body in pieces as they arrive. Leaving early only lets go of it: cancelling would close the connection before the
 * answer is out.
 * @throws ApiError `payload_too_large`, `unsupported_media_type` for a compressed body, `request_timeout`, `invalid_request`
 * when the client went away
 */
export async function* readBody(
  request: Request,
  clock: Clock,
  bounds: BodyBounds,
): AsyncGenerator<Uint8Array> {
  const { bytesMax, pace } = bounds
  if (bounds.encoded === undefined) refuseEncoded(request.headers)
  if ((declaredBytes(request.headers) ?? 0) > bytesMax) throw payloadTooLarge(bytesMax)
  if (request.body === null) return
  const reader: ReadableStreamDefaultReader<Uint8Array> = request.body.getReader()
  const startedMs = clock.monotonicMs()
  let bytes = 0
  try {
    for (;;) {
      const allowedMs = pace.graceMs + (bytes / pace.bytesPerSecondMin) * 1000
      const result = await readWithin(reader, clock, startedMs + allowedMs - clock.monotonicMs())
      if (result.done) return
      bytes += result.value.byteLength
      if (bytes > bytesMax) throw payloadTooLarge(bytesMax)
      yield result.value
    }
  } finally {
    reader.releaseLock()
  }
}

/** Said with each piece of each body: without it, every one would cost an exception with a stack. */
const ARRIVED = 'arrived'

async function readWithin(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  clock: Clock,
  leftMs: number,
): ReturnType<ReadableStreamDefaultReader<Uint8Array>['read']> {
  const arrived = new AbortController()
  const reading = reader.read()
  // Releasing the lock rejects a read that nobody waits for any more.
  reading.catch(() => undefined)
  try {
    const late = clock.sleep(leftMs, arrived.signal).then(() => 'late' as const)
    const result = leftMs <= 0 ? 'late' : await Promise.race([reading, late])
    if (result !== 'late') return result
  } catch (cause) {
    throw new ApiError('invalid_request', 'The request body ended before it was complete. Send it again.', {
      cause,
    })
  } finally {
    arrived.abort(ARRIVED)
  }
  const headers = { connection: 'close', 'x-should-retry': 'false' }
  throw new ApiError('request_timeout', 'The request body arrived too slowly. Send it again.', { headers })
}

/** The whole body as text. @throws what `readBody` throws */
export async function readText(request: Request, clock: Clock, bounds: BodyBounds): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of readBody(request, clock, bounds)) {
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}
