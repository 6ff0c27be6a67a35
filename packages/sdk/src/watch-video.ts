import { atLeastZero } from './at-least-zero.ts'
import { createCancellation, type Cancellation } from './cancellation.ts'
import { ReelayApiError, ReelayError } from './errors.ts'
import { followEvents } from './follow-events.ts'
import { retrieveVideo, videoPath } from './retrieve-video.ts'
import type { Transport } from './transport.ts'
import { videoFromObject, type ReceivedVideo } from './video-from-answer.ts'
import { isNewsAfter, newsOf, POLL_INTERVAL_MS_DEFAULT, WAIT_TIMEOUT_MS_DEFAULT } from './wait.ts'
import { isTerminalStatus } from './wire.ts'

export type WatchOptions = {
  signal?: AbortSignal | undefined
  /** Give up after this long, in milliseconds; one hour by default, `Infinity` for never. The task itself goes on. */
  timeoutMs?: number | undefined
}

/**
 * The video as it is, and whenever its status or progress changes, up to its end. By a stream of events where the server has
 * one, which is gone on with when a connection ends; else by looking, as `wait` does.
 * @throws ReelayError as `waitForVideo`
 */
export async function* watchVideo(
  transport: Transport,
  id: string,
  options: WatchOptions,
): AsyncGenerator<ReceivedVideo, void, undefined> {
  const timeoutMs = atLeastZero('timeoutMs', options.timeoutMs ?? WAIT_TIMEOUT_MS_DEFAULT)
  const cancellation = createCancellation(transport.clock, options.signal)
  cancellation.arm(timeoutMs, `Video ${id} did not end within ${timeoutMs} ms: it goes on, watch it again`)
  try {
    yield* watch(transport, id, cancellation)
  } catch (cause) {
    const error = cancellation.error() ?? cause
    if (error instanceof ReelayError) error.videoId = id
    throw error
  } finally {
    cancellation.release()
  }
}

async function* watch(
  transport: Transport,
  id: string,
  cancellation: Cancellation,
): AsyncGenerator<ReceivedVideo, void, undefined> {
  const looks = { transport, id, cancellation, pollIntervalMs: POLL_INTERVAL_MS_DEFAULT }
  // Tells what kind of server it is, so that none is asked for a route that only gateways of this kind have.
  const first = await firstLook(transport, id, cancellation)
  if (first === null) return yield* newsOf({ ...looks, known: null })
  yield first
  if (isTerminalStatus(first.status)) return
  let last = first
  if (transport.isReelay()) {
    try {
      for await (const video of streamed(transport, id, cancellation)) {
        const isNews = isNewsAfter(last, video)
        last = video
        if (isNews) yield video
        if (isTerminalStatus(video.status)) return
      }
    } catch (error) {
      // Looking finds out whether it is the stream or the video that is not to be had.
      if (cancellation.signal.aborted || isDeletion(error)) throw error
    }
  }
  for await (const video of newsOf({ ...looks, known: null })) {
    if (isNewsAfter(last, video)) yield video
    last = video
  }
}

/** Null when it failed in a way that looking again may mend. */
async function firstLook(
  transport: Transport,
  id: string,
  { signal }: Cancellation,
): Promise<ReceivedVideo | null> {
  try {
    return (await retrieveVideo(transport, id, { signal })).video
  } catch (error) {
    if (error instanceof ReelayError && error.code === 'invalid_argument') throw error
    return null
  }
}

async function* streamed(
  transport: Transport,
  id: string,
  cancellation: Cancellation,
): AsyncGenerator<ReceivedVideo, void, undefined> {
  const following = { path: videoPath(id, '/events'), lastEventId: '', cancellation }
  for await (const { type, data } of followEvents(transport, following)) {
    if (type === 'deleted') throw new DeletedVideo(id)
    const video = type === 'video' ? videoFromObject(data) : null
    if (video !== null) yield video
  }
}

class DeletedVideo extends ReelayApiError {
  constructor(id: string) {
    super('not_found', `Video ${id} was deleted`, { status: 404 })
  }
}

const isDeletion = (error: unknown): boolean => error instanceof DeletedVideo
