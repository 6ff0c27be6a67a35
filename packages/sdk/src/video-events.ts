import { createCancellation, type Cancellation } from './cancellation.ts'
import { ReelayError } from './errors.ts'
import { followEvents } from './follow-events.ts'
import { jsonCall, listOf } from './json-call.ts'
import { numberOf, recordOf, textOf, type JsonRecord } from './json.ts'
import { videoPath } from './retrieve-video.ts'
import type { Transport } from './transport.ts'
import { videoFromObject } from './video-from-answer.ts'
import { newsOf, POLL_INTERVAL_MS_DEFAULT } from './wait.ts'
import type { TimelineEntry } from './webhook-wire.ts'
import { isTerminalStatus } from './wire.ts'

export type EventsOptions = {
  /** Only what comes after the entry with this `seq`; everything when absent. */
  after?: number | undefined
  signal?: AbortSignal | undefined
}

/** Everything that happened to a video so far. */
export async function readTimeline(
  transport: Transport,
  id: string,
  signal: AbortSignal | undefined,
): Promise<TimelineEntry[]> {
  const call = jsonCall('GET', videoPath(id, '/events'), { signal })
  return listOf(await transport.request(call), entryOf, 'a timeline')
}

/**
 * What happened to a video so far, and then what happens, up to its end. Each entry comes once, whatever becomes of the
 * connection.
 */
export async function* followTimeline(
  transport: Transport,
  id: string,
  options: EventsOptions,
): AsyncGenerator<TimelineEntry, void, undefined> {
  const after = options.after ?? 0
  if (!Number.isSafeInteger(after) || after < 0) {
    const message = `after must be the seq of an entry, not ${after}`
    throw new ReelayError('invalid_argument', message, { param: 'after' })
  }
  const cancellation = createCancellation(transport.clock, options.signal)
  const place = { seq: after }
  try {
    try {
      yield* streamed(transport, id, place, cancellation)
    } catch (error) {
      if (cancellation.signal.aborted) throw error
      yield* polled(transport, id, place, cancellation)
    }
  } catch (cause) {
    const error = cancellation.error() ?? cause
    if (error instanceof ReelayError) error.videoId = id
    throw error
  } finally {
    cancellation.release()
  }
}

type Place = { seq: number }

async function* streamed(
  transport: Transport,
  id: string,
  place: Place,
  cancellation: Cancellation,
): AsyncGenerator<TimelineEntry, void, undefined> {
  const lastEventId = place.seq === 0 ? '' : String(place.seq)
  const following = { path: videoPath(id, '/events'), lastEventId, cancellation }
  for await (const { type, data } of followEvents(transport, following)) {
    if (type === 'deleted') return
    // Its last state comes after everything that led to it.
    if (type === 'video' && isTerminalStatus(videoFromObject(data)?.status ?? 'queued')) return
    const entry = type === 'timeline' ? entryOf(data) : null
    if (entry === null || entry.seq <= place.seq) continue
    place.seq = entry.seq
    yield entry
  }
}

/** Where there is no stream: the timeline again whenever the video shows something new. */
async function* polled(
  transport: Transport,
  id: string,
  place: Place,
  cancellation: Cancellation,
): AsyncGenerator<TimelineEntry, void, undefined> {
  const looks = { transport, id, cancellation, pollIntervalMs: POLL_INTERVAL_MS_DEFAULT, known: null }
  const news = newsOf(looks)
  while ((await news.next()).done !== true) {
    for (const entry of await readTimeline(transport, id, cancellation.signal)) {
      if (entry.seq <= place.seq) continue
      place.seq = entry.seq
      yield entry
    }
  }
}

function entryOf(value: JsonRecord): TimelineEntry | null {
  const type = textOf(value['type'])
  if (type === null) return null
  const data = recordOf(value['data'])
  return { seq: numberOf(value['seq']) ?? 0, at: numberOf(value['at']) ?? 0, type, data }
}
