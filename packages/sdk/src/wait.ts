import { atLeastZero } from './at-least-zero.ts'
import { createCancellation, type Cancellation } from './cancellation.ts'
import { ReelayError } from './errors.ts'
import { backoffMs, boundedPauseMs, heldAnswer, pollAfterMs, REQUEST_GAP_MS_MIN } from './pacing.ts'
import { retrieveVideo } from './retrieve-video.ts'
import type { Transport } from './transport.ts'
import type { ReceivedVideo } from './video-from-answer.ts'
import { isTerminalStatus } from './wire.ts'

export type WaitOptions = {
  signal?: AbortSignal | undefined
  /**
   * Give up after this long, in milliseconds; one hour by default, `Infinity` for never. The task itself goes
   * on.
   */
  timeoutMs?: number | undefined
  /** Called with the first look and with each one that shows another status or more progress. */
  onProgress?: ((video: ReceivedVideo) => void) | undefined
  /**
   * Pause between looks where the server neither holds the answer nor says when to ask again; 5000 by
   * default.
   */
  pollIntervalMs?: number | undefined
}

export const WAIT_TIMEOUT_MS_DEFAULT: number = 3_600_000
export const POLL_INTERVAL_MS_DEFAULT: number = 5_000
const HOLD_SECONDS = 20

/**
 * How long "no such task" must last to be believed, in milliseconds: some servers say it of tasks that they
 * have just made. A Reelay gateway never does, so there it counts at once.
 */
const MISSING_GRACE_MS = 60_000

/**
 * Looks at a task until its status is terminal and resolves with it, whichever of the three it is. There are
 * at least 500 ms between the starts of two requests, whatever the server answers. Lost connections,
 * timeouts, 408, 425, 429 and 5xx are looked past, with growing pauses; a status nobody knows counts as work
 * going on.
 * @param known the task as just created: it is reported first, and the first look waits for the minimum gap
 * @throws ReelayError `timeout`, `aborted`, or the server's refusal (4xx); its `videoId` is set
 */
export async function waitForVideo(
  transport: Transport,
  id: string,
  options: WaitOptions,
  known: ReceivedVideo | null = null,
): Promise<ReceivedVideo> {
  const timeoutMs = atLeastZero('timeoutMs', options.timeoutMs ?? WAIT_TIMEOUT_MS_DEFAULT)
  const pollIntervalMs = atLeastZero('pollIntervalMs', options.pollIntervalMs ?? POLL_INTERVAL_MS_DEFAULT)
  const cancellation = createCancellation(transport.clock, options.signal)
  cancellation.arm(timeoutMs, `Video ${id} did not end within ${timeoutMs} ms: it goes on, wait for it again`)
  try {
    let last: ReceivedVideo | null = null
    for await (const video of newsOf({ transport, id, pollIntervalMs, cancellation, known })) {
      last = video
      options.onProgress?.(video)
    }
    if (last === null) throw cancellation.signal.reason
    return last
  } catch (cause) {
    const error = cancellation.error() ?? cause
    if (error instanceof ReelayError) error.videoId = id
    throw error
  } finally {
    cancellation.release()
  }
}

export type Looks = {
  transport: Transport
  id: string
  pollIntervalMs: number
  cancellation: Cancellation
  known: ReceivedVideo | null
}

/** The video at the first look and at each one that shows another status or more progress, up to its end. */
export async function* newsOf({
  transport,
  id,
  pollIntervalMs,
  cancellation,
  known,
}: Looks): AsyncGenerator<ReceivedVideo, void, undefined> {
  const { clock } = transport
  const troubles = createTroubles(transport)
  let last: ReceivedVideo | null = null
  let lastStartMs: number | null = null
  let pauseMs = 0
  if (known !== null) {
    last = known
    yield known
    if (isTerminalStatus(known.status)) return
    lastStartMs = clock.nowMs()
  }
  while (!cancellation.signal.aborted) {
    if (lastStartMs !== null) {
      await clock.sleep(Math.max(pauseMs, gapMs(lastStartMs, clock.nowMs())), cancellation.signal)
    }
    if (cancellation.signal.aborted) break
    lastStartMs = clock.nowMs()
    const look = await lookOnce(transport, id, cancellation.signal)
    if (look instanceof ReelayError) {
      if (cancellation.signal.aborted) break
      pauseMs = troubles.pauseMs(look)
      continue
    }
    troubles.clear()
    const isNews = isNewsAfter(last, look.video)
    last = look.video
    if (isNews) yield last
    if (isTerminalStatus(last.status)) return
    pauseMs = heldAnswer(look.headers) ? 0 : nextLookMs(look.headers, clock.nowMs(), pollIntervalMs)
  }
  throw cancellation.signal.reason
}

// A clock that jumped back must not make the pause longer than the gap.
const gapMs = (lastStartMs: number, nowMs: number): number =>
  REQUEST_GAP_MS_MIN - Math.min(Math.max(nowMs - lastStartMs, 0), REQUEST_GAP_MS_MIN)

const nextLookMs = (headers: Headers, nowMs: number, pollIntervalMs: number): number =>
  pollAfterMs(headers, nowMs) ?? Math.max(pollIntervalMs, REQUEST_GAP_MS_MIN)

type Look = { video: ReceivedVideo; headers: Headers }

async function lookOnce(transport: Transport, id: string, signal: AbortSignal): Promise<Look | ReelayError> {
  try {
    return await retrieveVideo(transport, id, { waitSeconds: HOLD_SECONDS, signal, retriesMax: 0 })
  } catch (error) {
    if (error instanceof ReelayError) return error
    throw error
  }
}

/** Whether it shows another status or more progress, which never goes back, even where a server's does. */
export function isNewsAfter(last: ReceivedVideo | null, video: ReceivedVideo): boolean {
  if (last !== null && video.progress < last.progress) video.progress = last.progress
  return last === null || last.status !== video.status || last.progress !== video.progress
}

type Troubles = {
  /** How long to wait before the next look; throws the error when asking again is no use. */
  pauseMs(error: ReelayError): number
  clear(): void
}

function createTroubles(transport: Transport): Troubles {
  let failures = 0
  let missingSinceMs: number | null = null
  return {
    pauseMs: (error) => {
      if (isFinal(error)) throw error
      if (error.code === 'not_found') {
        missingSinceMs ??= transport.clock.nowMs()
        const missingMs = transport.clock.nowMs() - missingSinceMs
        if (transport.isReelay() || missingMs >= MISSING_GRACE_MS) throw error
      }
      failures += 1
      const askedMs = error.retryAfterMs === null ? 0 : boundedPauseMs(error.retryAfterMs)
      return Math.max(backoffMs(failures, transport.random()), askedMs)
    },
    clear: () => {
      failures = 0
      missingSinceMs = null
    },
  }
}

/** True for a refusal. Everything that only says "not now", or is no answer of this API, is not one. */
function isFinal(error: ReelayError): boolean {
  if (error.code === 'invalid_argument') return true
  if (error.code === 'not_found' || error.retryable || error.status === null) return false
  return error.status >= 400 && error.status < 500
}
