import type { Video } from '@reelay/sdk'
import { isTerminal } from '../task/state.ts'
import type { Task } from '../task/task.ts'
import { wireStatus, type StatusProfile } from '../task/wire-status.ts'
import { videoNotFound } from './api-error.ts'
import { matchesEntityTag } from './entity-tag.ts'
import { jsonAnswer, profileOf, projectOf, VARY, type Exchange, type Shared } from './exchange.ts'
import { findVideo, viewTask } from './find-video.ts'
import { CLIENT_RETRY_WINDOW_MS } from './idempotency.ts'
import { pollPauseSeconds } from './poll-pace.ts'
import { preferredWaitSeconds } from './prefer-wait.ts'

/** Bounds the memory for "already marked"; forgetting costs one more write each. */
const RETRIEVED_MAX = 10_000

/** `GET /v1/videos/{id}`: the object, or 304; held until something changes where the client prefers that. */
export async function retrieveVideo(exchange: Exchange): Promise<Response> {
  const { request, shared } = exchange
  const waitSeconds = preferredWaitSeconds(request.headers.get('prefer'))
  let task = findVideo(exchange)
  markSeen(shared, task)
  if (waitSeconds > 0) task = await awaitChange(exchange, task, waitSeconds * 1000)
  const answer = describeVideo(shared, task, profileOf(exchange))
  if (waitSeconds > 0) answer.headers['preference-applied'] = `wait=${waitSeconds}`
  if (matchesEntityTag(request.headers.get('if-none-match'), answer.headers['etag'] ?? ''))
    return new Response(null, { status: 304, headers: answer.headers })
  return jsonAnswer(answer.video, answer.headers)
}

/** The object with the headers that tell how long it is good for: the same on every path that answers it. */
export function describeVideo(
  shared: Pick<Shared, 'clock' | 'settings' | 'store'>,
  task: Task,
  profile: StatusProfile,
): { video: Video; headers: Record<string, string> } {
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
  return { video: viewTask(shared, task, profile), headers }
}

/**
 * Changes with everything in the object that can change. The link of a completed one is renewed with each answer, so its
 * tag changes often enough that nobody keeps a link until it dies.
 */
function entityTagOf(
  { clock, settings }: Pick<Shared, 'clock' | 'settings'>,
  task: Task,
  profile: StatusProfile,
): string {
  const isLinked = task.state === 'completed'
  const age = isLinked
    ? `.${Math.floor(clock.nowMs() / Math.max(1, settings.linkTtlMs / 2)).toString(36)}`
    : ''
  return `W/"${task.version}${profile === 'openai' ? 'o' : 'c'}${age}"`
}

/** What a client waits for. Steps between that look the same to it, such as the submission, are no news. */
const stageOf = (task: Task): string =>
  `${wireStatus(task.state, task.providerWaits, 'comet')} ${task.progress}`

/** The task after the next change of its status or progress, or as it is when the time is over. */
async function awaitChange(exchange: Exchange, seen: Task, waitMs: number): Promise<Task> {
  const { shared, request } = exchange
  const knows = request.headers.get('if-none-match')
  const isStale = knows !== null && !matchesEntityTag(knows, entityTagOf(shared, seen, profileOf(exchange)))
  if (isTerminal(seen.state) || isStale || shared.stopping.aborted) return seen
  const over = new AbortController()
  const stop = (): void => over.abort()
  const current = (): Task | undefined => shared.store.findTask(projectOf(exchange), seen.id)
  const unwatch = shared.changes.watch(seen.id, () => {
    const task = current()
    if (task === undefined || stageOf(task) !== stageOf(seen)) stop()
  })
  shared.stopping.addEventListener('abort', stop)
  request.signal.addEventListener('abort', stop)
  try {
    // Nothing was awaited since `seen` was read, so no change is missed.
    await shared.clock.sleep(waitMs, over.signal)
  } finally {
    unwatch()
    shared.stopping.removeEventListener('abort', stop)
    request.signal.removeEventListener('abort', stop)
  }
  const task = current()
  if (task === undefined) throw videoNotFound()
  return task
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
