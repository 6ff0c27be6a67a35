import { isTerminalStatus } from '../wire.ts'
import { eventFromCallback } from './event-from-callback.ts'
import { eventFromVideo } from './event-from-video.ts'
import type { Followers } from './followers.ts'
import { ReceiverError } from './receiver-error.ts'
import { EVENT_ATTEMPTS_MAX, eventBackoffMs, type ReceiverParts } from './receiver-parts.ts'
import type { CallbackReference } from './receiver-store.ts'
import { showEvent } from './show-event.ts'
import type { VideoEvent, VideoTaskEvent } from './video-event.ts'

/** A signed event waits so many attempts for the link that it lacks; then it is shown without. */
const LINK_ATTEMPTS_MAX = 2

/** Brings callbacks that are believed to the application. */
export interface Deliveries {
  /** Resolves after the first attempt; further ones follow by themselves. Never rejects. */
  deliver(reference: CallbackReference): Promise<void>
}

export function createDeliveries(parts: ReceiverParts, followers: Followers | null): Deliveries {
  const underWay = new Set<string>()
  const attempt = (reference: CallbackReference, number: number): Promise<boolean> =>
    parts.activity.run(async () => {
      try {
        await parts.lanes.run(reference.taskId ?? reference.key, () =>
          handleCallback(parts, followers, reference, number),
        )
        return true
      } catch (cause) {
        reportAttempt(parts, reference, number, cause)
        return false
      }
    })
  const repeat = async (first: Promise<boolean>, reference: CallbackReference): Promise<void> => {
    let isOver = await first
    for (let number = 2; !isOver && number <= EVENT_ATTEMPTS_MAX; number += 1) {
      await parts.clock.sleep(eventBackoffMs(number - 1), parts.stop)
      if (parts.stop.aborted) break
      isOver = await attempt(reference, number)
    }
    underWay.delete(reference.key)
  }
  return {
    deliver: async (reference) => {
      if (underWay.has(reference.key) || parts.stop.aborted) return
      underWay.add(reference.key)
      const first = attempt(reference, 1)
      void repeat(first, reference)
      await first
    },
  }
}

async function handleCallback(
  parts: ReceiverParts,
  followers: Followers | null,
  { key }: CallbackReference,
  attempt: number,
): Promise<void> {
  const callback = await parts.store.callback(key)
  if (callback === null) return
  let event: VideoEvent
  try {
    event = eventFromCallback(callback)
  } catch (error) {
    // Another attempt would read the same bytes.
    if (error instanceof ReceiverError) parts.report(error)
    await parts.store.finish(key)
    return
  }
  if (event.type === 'webhook.test') {
    await showEvent(parts, event, attempt)
    await parts.store.finish(key)
    return
  }
  const confirmed = await confirmEvent(parts, event, attempt)
  if (confirmed === null) {
    await parts.store.setFollowed(event.taskId, true, parts.clock.nowMs())
    void followers?.look(event.taskId, key)
    return
  }
  await showEvent(parts, confirmed, attempt)
  await parts.store.finish(key)
  if (isTerminalStatus(confirmed.status)) followers?.end(confirmed.taskId)
}

/** Null when the server says that the task has not ended, and is to be believed more than the event. */
async function confirmEvent(
  parts: ReceiverParts,
  event: VideoTaskEvent,
  attempt: number,
): Promise<VideoTaskEvent | null> {
  const { client, confirm } = parts
  const lacksLink = event.status === 'completed' && event.videoUrl === null
  if (client === null || confirm === 'never' || (confirm === 'auto' && !lacksLink)) return event
  try {
    const video = await client.videos.retrieve(event.taskId, { signal: parts.stop })
    const told = eventFromVideo(video, {
      taskId: event.taskId,
      receivedAtMs: event.receivedAtMs,
      raw: event.raw,
    })
    if (isTerminalStatus(event.status) && !isTerminalStatus(told.status)) {
      return confirm === 'always' ? null : event
    }
    const sequence = Math.max(told.sequence, event.sequence)
    return { ...told, sequence, id: event.id, signed: event.signed }
  } catch (cause) {
    if (confirm === 'auto' && attempt > LINK_ATTEMPTS_MAX) return event
    throw new ReceiverError('poll_failed', `The server could not be asked about ${event.taskId}`, {
      taskId: event.taskId,
      cause,
    })
  }
}

function reportAttempt(
  parts: ReceiverParts,
  reference: CallbackReference,
  number: number,
  cause: unknown,
): void {
  const { taskId, key: callbackKey } = reference
  if (parts.stop.aborted) return
  if (cause instanceof ReceiverError) parts.report(cause)
  else
    parts.report(
      new ReceiverError('store_failed', 'The receiver store failed', { taskId, callbackKey, cause }),
    )
  if (number < EVENT_ATTEMPTS_MAX) return
  const message = `An event of ${taskId ?? callbackKey} failed ${number} times: fix the cause, then call resume()`
  parts.report(new ReceiverError('event_given_up', message, { taskId, callbackKey, cause }))
}
