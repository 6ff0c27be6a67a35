import type { Cancellation } from './cancellation.ts'
import { connectionError } from './connection-error.ts'
import { ReelayApiError, ReelayError } from './errors.ts'
import { createFrameReader, type EventFrame } from './event-frames.ts'
import { isRecord, type JsonRecord } from './json.ts'
import { backoffMs, boundedPauseMs } from './pacing.ts'
import type { OpenAnswer, Transport } from './transport.ts'

export type StreamEvent = { type: string; data: JsonRecord }

export type FollowOptions = {
  path: string
  /** Where to go on; empty for the start. */
  lastEventId: string
  cancellation: Cancellation
}

/** Failures in a row, without a sign of life between them, after which a stream counts as not to be had. */
const FAILURES_MAX = 3
/** A server sends something every 15 s: after three times that, nothing will come any more. */
const SILENCE_MS_MAX = 45_000
const RETRY_MS_DEFAULT = 2_000

/**
 * The events of a stream, gone on with wherever a connection ends. Returns when the server says that there are no more.
 * @throws ReelayError when the stream is not to be had here, or not any more
 */
export async function* followEvents(
  transport: Transport,
  { path, lastEventId, cancellation }: FollowOptions,
): AsyncGenerator<StreamEvent, void, undefined> {
  const { clock } = transport
  const place = { id: lastEventId, retryMs: RETRY_MS_DEFAULT }
  let failures = 0
  while (!cancellation.signal.aborted) {
    try {
      const opened = await open(transport, path, place.id, cancellation.signal)
      if (opened === null) return
      let frames = 0
      for await (const frame of framesOf(opened, place.id)) {
        // The first only says hello: what comes after it, be it a heartbeat, shows that the stream works.
        frames += 1
        if (frames > 1) failures = 0
        place.id = frame.id
        place.retryMs = boundedPauseMs(frame.retryMs ?? place.retryMs)
        const event = eventOf(frame)
        if (event !== null) yield event
      }
      // A server that only ever opens and closes is none to come back to for ever.
      failures += 1
    } catch (cause) {
      failures += 1
      if (cancellation.signal.aborted) break
      if (!(cause instanceof ReelayError) || !mayComeBack(cause) || failures >= FAILURES_MAX) throw cause
    }
    if (failures >= FAILURES_MAX) throw unavailable(200, 'the stream ends before it says anything')
    await clock.sleep(
      Math.max(place.retryMs, failures > 1 ? backoffMs(failures, transport.random()) : 0),
      cancellation.signal,
    )
  }
  throw cancellation.signal.reason
}

/** A refusal stays one; a server that is too busy for streams may answer other questions. */
const mayComeBack = ({ status, retryable }: ReelayError): boolean => retryable && status !== 429

const unavailable = (status: number, why: string): ReelayApiError =>
  new ReelayApiError('not_supported', `No events can be followed there: ${why}`, { status })

/** Null when the server has nothing more to say. */
async function open(
  transport: Transport,
  path: string,
  lastEventId: string,
  signal: AbortSignal,
): Promise<OpenAnswer | null> {
  const opened = await transport.open({
    method: 'GET',
    path,
    headers: { accept: 'text/event-stream', ...(lastEventId === '' ? {} : { 'last-event-id': lastEventId }) },
    signal,
    retriesMax: 0,
  })
  const { response, cancellation } = opened
  const type = response.headers.get('content-type') ?? ''
  if (response.status !== 204 && /^\s*text\/event-stream\b/i.test(type)) return opened
  cancellation.release()
  await response.body?.cancel().catch(() => {})
  if (response.status === 204) return null
  throw unavailable(response.status, `the answer is ${type === '' ? 'of no type' : type}`)
}

async function* framesOf(
  { response, target, cancellation }: OpenAnswer,
  lastEventId: string,
): AsyncGenerator<EventFrame, void, undefined> {
  const reader = response.body?.getReader()
  const decoder = new TextDecoder()
  const frames = createFrameReader(lastEventId)
  try {
    for (;;) {
      cancellation.arm(SILENCE_MS_MAX, `Nothing came from ${target.host} for ${SILENCE_MS_MAX} ms`)
      const chunk = reader === undefined ? undefined : await cancellation.race(reader.read())
      if (chunk === undefined || chunk.done) return
      cancellation.disarm()
      yield* frames.push(decoder.decode(chunk.value, { stream: true }))
    }
  } catch (cause) {
    throw cancellation.error() ?? connectionError(target, cause)
  } finally {
    cancellation.release()
    await reader?.cancel().catch(() => {})
  }
}

function eventOf({ event, data }: EventFrame): StreamEvent | null {
  if (data === null) return null
  try {
    const parsed: unknown = JSON.parse(data)
    return isRecord(parsed) ? { type: event, data: parsed } : null
  } catch {
    return null
  }
}
