import type { Video } from '@reelay/sdk'
import { whenThere, type Awaitable } from '../system/awaitable.ts'
import { isExpired } from '../task/retention.ts'
import type { Artifact } from '../store/store.ts'
import { isTerminal } from '../task/state.ts'
import type { Task } from '../task/task.ts'
import { wireStatus, type StatusProfile } from '../task/wire-status.ts'
import { videoNotFound } from './api-error.ts'
import { matchesEntityTag } from './entity-tag.ts'
import { jsonAnswer, profileOf, VARY, type Exchange, type Shared } from './exchange.ts'
import { findVideo, videoIdOf, viewTask } from './find-video.ts'
import { CLIENT_RETRY_WINDOW_MS } from './idempotency.ts'
import { pollPauseSeconds } from './poll-pace.ts'
import { preferredWaitSeconds } from './prefer-wait.ts'
import type { TaskView } from './task-view.ts'

/** Bounds the memory for "already marked"; forgetting costs one more write each. */
const RETRIEVED_MAX = 10_000

/** `GET /v1/videos/{id}`: the object, or 304; held until something changes where the client prefers that. */
export async function retrieveVideo(exchange: Exchange): Promise<Response> {
  const { request, shared } = exchange
  const waitSeconds = preferredWaitSeconds(request.headers.get('prefer'))
  const found =
    waitSeconds > 0 ? await heldVideo(exchange, waitSeconds * 1000) : { task: await findVideo(exchange) }
  markSeen(shared, found.task)
  const answer = await describeVideo(shared, found.task, profileOf(exchange), found.artifacts)
  if (waitSeconds > 0) answer.headers['preference-applied'] = `wait=${waitSeconds}`
  if (matchesEntityTag(request.headers.get('if-none-match'), answer.headers['etag'] ?? ''))
    return new Response(null, { status: 304, headers: answer.headers })
  return jsonAnswer(answer.video, answer.headers)
}

/**
 * The object with the headers that tell how long it is good for: the same on every path that answers it.
 * @param artifacts where they have been read already
 */
export function describeVideo(
  shared: Pick<Shared, 'clock' | 'settings' | 'store'>,
  task: Task,
  profile: StatusProfile,
  artifacts?: readonly Artifact[],
): Awaitable<{ video: Video; headers: Record<string, string> }> {
  const nowMs = shared.clock.nowMs()
  const headers: Record<string, string> = {
    etag: entityTagOf(shared, task, profile),
    vary: VARY,
    'cache-control': 'private, no-cache',
  }
  if (!isTerminal(task.state)) {
    const pauseSeconds = pollPauseSeconds(task, nowMs)
    headers['retry-after'] = String(pauseSeconds)
    headers['openai-poll-after-ms'] = String(pauseSeconds * 1000)
  }
  return whenThere(viewTask(shared, task, profile, artifacts), (video) => ({ video, headers }))
}

/**
 * Changes with everything in the object that can change. The link of a completed one is renewed with each answer, so its
 * tag changes often enough that nobody keeps a link until it dies, and once more when the files expire.
 */
function entityTagOf(
  { clock, settings }: Pick<Shared, 'clock' | 'settings'>,
  task: Task,
  profile: StatusProfile,
): string {
  const isGone = isExpired(task, clock.nowMs())
  const isLinked = task.state === 'completed' && !isGone
  const age = isLinked
    ? `.${Math.floor(clock.nowMs() / Math.max(1, settings.linkTtlMs / 2)).toString(36)}`
    : ''
  return `W/"${task.version}${profile === 'openai' ? 'o' : 'c'}${isGone ? 'x' : age}"`
}

/** What a client waits for. Steps between that look the same to it, such as the submission, are no news. */
const stageOf = (task: Task): string =>
  `${wireStatus(task.state, task.providerWaits, 'comet')} ${task.progress}`

type Held = { task: Task; artifacts?: readonly Artifact[] }

/** The task after the next change of its status or progress, or as it is when the time is over. */
async function heldVideo(exchange: Exchange, waitMs: number): Promise<Held> {
  const { shared, request } = exchange
  const over = new AbortController()
  const stop = (): void => over.abort()
  let seen: Task | undefined
  let latest: TaskView | undefined
  let isLost = false
  // Another process may have changed it, and the word of that may have been lost.
  let isTimeUp = false
  // Before it is read: what changes from then on is told.
  const unwatch = shared.changes.watchTask(videoIdOf(exchange), {
    changed: (view) => {
      latest = view
      if (seen !== undefined && (view.isDeleted || stageOf(view.task) !== stageOf(seen))) stop()
    },
    // A store that cannot be asked now ends the wait: the answer then says so.
    lost: () => {
      isLost = true
      stop()
    },
  })
  shared.stopping.addEventListener('abort', stop)
  request.signal.addEventListener('abort', stop)
  try {
    seen = await findVideo(exchange)
    markSeen(shared, seen)
    shared.changes.saw(seen.id, seen.version)
    const isOld = latest !== undefined && latest.task.version > seen.version
    if (!isOld && mayWait(exchange, seen)) {
      await shared.clock.sleep(waitMs, over.signal)
      isTimeUp = !over.signal.aborted
    }
  } finally {
    unwatch()
    shared.stopping.removeEventListener('abort', stop)
    request.signal.removeEventListener('abort', stop)
  }
  return isLost || isTimeUp ? { task: await findVideo(exchange) } : newerOf(seen, latest)
}

/** Not when there is nothing to wait for, or when the client already does not know what is there. */
function mayWait(exchange: Exchange, seen: Task): boolean {
  const { shared, request } = exchange
  const knows = request.headers.get('if-none-match')
  const tag = entityTagOf(shared, seen, profileOf(exchange))
  const isStale = knows !== null && !matchesEntityTag(knows, tag)
  return !isTerminal(seen.state) && !isStale && !shared.stopping.aborted
}

function newerOf(seen: Task, latest: TaskView | undefined): Held {
  if (latest === undefined || latest.task.version < seen.version) return { task: seen }
  if (latest.isDeleted) throw videoNotFound()
  return { task: latest.task, artifacts: latest.artifacts }
}

/** A client that has seen the task does not create it again: only young tasks matter, once each. */
export function markSeen({ clock, log, retrieved, store }: Shared, task: Task): void {
  if (clock.nowMs() - task.createdAtMs > CLIENT_RETRY_WINDOW_MS || retrieved.has(task.id)) return
  if (retrieved.size >= RETRIEVED_MAX) retrieved.clear()
  retrieved.add(task.id)
  store.markRetrieved(task.id).catch((error: unknown) => {
    retrieved.delete(task.id)
    log.warn({ err: error, task: task.id }, 'that the task was retrieved could not be noted')
  })
}
