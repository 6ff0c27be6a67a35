import type { IncomingMessage } from 'node:http'
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
      const leftMs = startedMs + allowedMs - clock.monotonicMs()
      const result = await readWithin(reader.read(), clock, leftMs)
      if (result.done) return
      bytes += result.value.byteLength
      if (bytes > bytesMax) throw payloadTooLarge(bytesMax)
      yield result.value
    }
  } finally {
    reader.releaseLock()
  }
}

const LATE: unique symbol = Symbol('late')
/** Said when it arrived: without it, every piece would cost an exception with a stack. */
const ARRIVED = 'arrived'

async function readWithin<T>(reading: Promise<T>, clock: Clock, leftMs: number): Promise<T> {
  const arrived = new AbortController()
  // Letting go of a body rejects a read that nobody waits for any more.
  reading.catch(() => undefined)
  try {
    const late = clock.sleep(leftMs, arrived.signal).then((): typeof LATE => LATE)
    const result = leftMs <= 0 ? LATE : await Promise.race([reading, late])
    if (result !== LATE) return result
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

/**
 * The whole body. One that says how long it is comes in one piece: taking it apart as a stream costs as much as answering it.
 * @throws what `readBody` throws
 */
export async function readBytes(request: Request, clock: Clock, bounds: BodyBounds): Promise<Uint8Array> {
  const declared = declaredBytes(request.headers)
  const isBounded = declared !== undefined && declared <= bounds.bytesMax
  if (!isBounded || Number.isFinite(bounds.pace.bytesPerSecondMin)) {
    const chunks: Uint8Array[] = []
    for await (const chunk of readBody(request, clock, bounds)) chunks.push(chunk)
    return Buffer.concat(chunks)
  }
  if (bounds.encoded === undefined) refuseEncoded(request.headers)
  const bytes = new Uint8Array(await readWithin(request.arrayBuffer(), clock, bounds.pace.graceMs))
  if (bytes.byteLength > bounds.bytesMax) throw payloadTooLarge(bounds.bytesMax)
  return bytes
}

/**
 * The whole body of a request that said how long it is, straight from Node. Mostly it comes together with the headers, and no clock is
 * needed.
 * @throws ApiError `request_timeout`, `invalid_request` when the client went away
 */
export async function gatherWithin(
  incoming: IncomingMessage,
  clock: Clock,
  graceMs: number,
): Promise<Buffer> {
  const gathering = gather(incoming)
  // Node hands out the headers before it reads on in what arrived: it is done with that after a turn of its loop at the latest.
  const turn = new Promise<void>((resolve) => setImmediate(resolve))
  await Promise.race([gathering.catch(() => undefined), turn])
  return incoming.complete ? gathering : readWithin(gathering, clock, graceMs)
}

function gather(incoming: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.once('end', () => resolve(Buffer.concat(chunks)))
    incoming.once('error', reject)
    incoming.once('close', () => {
      if (!incoming.complete) reject(new Error('the connection was closed'))
    })
  })
}

/** The whole body as text. @throws what `readBody` throws */
export const readText = async (request: Request, clock: Clock, bounds: BodyBounds): Promise<string> =>
  new TextDecoder().decode(await readBytes(request, clock, bounds))
