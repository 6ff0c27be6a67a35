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
  /**
   * Resolves after the first attempt; further ones follow by themselves. No effect on one that is under way.
   * Never rejects.
   */
  deliver(reference: CallbackReference): Promise<void>
  /**
   * As `deliver`, for one that its sender repeats: one that waits for its next attempt is tried at once, and its
   * attempts are counted anew.
   */
  deliverAgain(reference: CallbackReference): Promise<void>
}

/** A callback that is being handled, or waits for its next attempt. */
type Delivery = {
  readonly reference: CallbackReference
  /** The one at hand included. */
  attempts: number
  /** Set while it waits: ends the pause. */
  wake: AbortController | null
  /** Called after the next attempt. */
  waiting: (() => void)[]
}

export function createDeliveries(parts: ReceiverParts, followers: Followers | null): Deliveries {
  const underWay = new Map<string, Delivery>()
  const wakeAll = (): void => {
    for (const { wake } of underWay.values()) wake?.abort()
  }
  parts.stop.addEventListener('abort', wakeAll, { once: true })
  const run = async (delivery: Delivery): Promise<void> => {
    let isOver = false
    // No pause between the last look at `attempts` and the end: a repetition finds it under way, or gone.
    while (!isOver && delivery.attempts < EVENT_ATTEMPTS_MAX && !parts.stop.aborted) {
      if (delivery.attempts > 0) await pause(parts, delivery)
      delivery.wake = null
      if (parts.stop.aborted) break
      delivery.attempts += 1
      isOver = await runAttempt(parts, followers, delivery)
      release(delivery)
    }
    underWay.delete(delivery.reference.key)
    release(delivery)
  }
  const start = (reference: CallbackReference): Promise<void> => {
    const delivery: Delivery = { reference, attempts: 0, wake: null, waiting: [] }
    underWay.set(reference.key, delivery)
    const attempted = nextAttempt(parts, delivery)
    void run(delivery)
    return attempted
  }
  return {
    deliver: async (reference) => {
      if (!underWay.has(reference.key) && !parts.stop.aborted) await start(reference)
    },
    deliverAgain: async (reference) => {
      if (parts.stop.aborted) return
      const delivery = underWay.get(reference.key)
      if (delivery === undefined) return start(reference)
      // An attempt at hand becomes the first, so that it cannot be the last.
      delivery.attempts = delivery.wake === null ? Math.min(delivery.attempts, 1) : 0
      const attempted = nextAttempt(parts, delivery)
      delivery.wake?.abort()
      await attempted
    },
  }
}

/** Counts as being worked on until then. */
const nextAttempt = (parts: ReceiverParts, delivery: Delivery): Promise<void> =>
  parts.activity.run(() => new Promise((resolve) => void delivery.waiting.push(resolve)))

function release(delivery: Delivery): void {
  const { waiting } = delivery
  delivery.waiting = []
  for (const resolve of waiting) resolve()
}

function pause({ clock }: ReceiverParts, delivery: Delivery): Promise<void> {
  const wake = new AbortController()
  delivery.wake = wake
  return clock.sleep(eventBackoffMs(delivery.attempts), wake.signal)
}

/** True when nothing is left to do. */
async function runAttempt(
  parts: ReceiverParts,
  followers: Followers | null,
  delivery: Delivery,
): Promise<boolean> {
  const { reference } = delivery
  return parts.activity.run(async () => {
    try {
      await parts.lanes.run(reference.taskId ?? reference.key, () =>
        handleCallback(parts, followers, reference, delivery.attempts),
      )
      return true
    } catch (cause) {
      reportAttempt(parts, reference, delivery.attempts, cause)
      return false
    }
  })
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
  const message = `An event of ${taskId ?? callbackKey} failed ${number} times: fix the cause, then call resume() or let its sender repeat it`
  parts.report(new ReceiverError('event_given_up', message, { taskId, callbackKey, cause }))
}
