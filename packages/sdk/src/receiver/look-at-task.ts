import { ReelayError } from '../errors.ts'
import type { ReceivedVideo } from '../video-from-answer.ts'
import { isTerminalStatus } from '../wire.ts'
import { eventFromVideo } from './event-from-video.ts'
import type { Follow } from './follow.ts'
import { claimsEnd, readCallback } from './read-callback.ts'
import { ReceiverError } from './receiver-error.ts'
import type { ReceiverParts } from './receiver-parts.ts'
import { readRecord, showEvent } from './show-event.ts'

/**
 * So often in a row must the server deny a task to be believed: some do so of tasks that they have just made.
 * With the pauses in between it takes over half a minute.
 */
const MISSING_MAX = 5

/**
 * Asks the server about a task and tells the application what it says. Must run in the task's lane.
 * @throws ReceiverError, or whatever the store rejects with; nothing is lost then, look again
 */
export async function lookAtTask(parts: ReceiverParts, follow: Follow): Promise<void> {
  const { taskId } = follow
  const keys = [...follow.callbackKeys]
  const record = await readRecord(parts, taskId)
  if (record.ended) return conclude(parts, follow)
  const video = await askServer(parts, follow)
  if (video === null) return noteMissing(parts, follow)
  if (!isTerminalStatus(video.status)) {
    await parts.store.setFollowed(taskId, true, parts.clock.nowMs())
    for (const key of keys) await hearCallback(parts, follow, video, key)
    return
  }
  const callback = follow.latestKey === null ? null : await parts.store.callback(follow.latestKey)
  const event = eventFromVideo(video, {
    taskId,
    receivedAtMs: callback?.receivedAtMs ?? parts.clock.nowMs(),
    raw: callback?.body ?? null,
  })
  await showEvent(parts, event, follow.eventFailures + 1)
  return conclude(parts, follow)
}

/** Null when the server says that there is no such task. */
async function askServer({ client, stop }: ReceiverParts, follow: Follow): Promise<ReceivedVideo | null> {
  if (client === null) return null
  try {
    const video = await client.videos.retrieve(follow.taskId, { signal: stop })
    follow.missing = 0
    return video
  } catch (cause) {
    if (cause instanceof ReelayError && cause.code === 'not_found') return null
    const reason = cause instanceof Error ? `: ${cause.message}` : ''
    throw new ReceiverError('poll_failed', `The server could not be asked about ${follow.taskId}${reason}`, {
      taskId: follow.taskId,
      callbackKey: follow.latestKey,
      cause,
    })
  }
}

async function noteMissing(parts: ReceiverParts, follow: Follow): Promise<void> {
  follow.missing += 1
  if (follow.missing < MISSING_MAX) return
  const { taskId, latestKey: callbackKey } = follow
  await parts.store.setFollowed(taskId, false, parts.clock.nowMs())
  parts.report(
    new ReceiverError(
      'task_not_found',
      `The server knows no task ${taskId}: check the client's base URL and key, or take it for a forged callback`,
      { taskId, callbackKey },
    ),
  )
  return conclude(parts, follow)
}

/** A callback about a task that has not ended. */
async function hearCallback(
  parts: ReceiverParts,
  follow: Follow,
  video: ReceivedVideo,
  key: string,
): Promise<void> {
  const { taskId } = follow
  const callback = await parts.store.callback(key)
  if (callback !== null && claimsEnd(readCallback(callback.body))) {
    const message = `A callback says that ${taskId} has ended, and the server says ${video.status}: it is polled`
    parts.report(new ReceiverError('claim_not_confirmed', message, { taskId, callbackKey: key }))
  } else if (callback !== null) {
    const event = eventFromVideo(video, { taskId, receivedAtMs: callback.receivedAtMs, raw: callback.body })
    await showEvent(parts, event, follow.eventFailures + 1)
    follow.eventFailures = 0
  }
  await parts.store.finish(key)
  follow.callbackKeys.delete(key)
}

async function conclude(parts: ReceiverParts, follow: Follow): Promise<void> {
  // Those that arrive meanwhile are visited, too.
  for (const key of follow.callbackKeys) {
    await parts.store.finish(key)
    follow.callbackKeys.delete(key)
  }
  follow.isOver = true
}
