import type { Video } from '@reelay/sdk'
import type { Delivery, WebhookPayload } from '../store/webhook-store.ts'
import type { Awaitable } from '../system/awaitable.ts'
import { isTerminal } from '../task/state.ts'
import type { Task } from '../task/task.ts'

/** The task as `GET /v1/videos/{id}` shows it to callers of its own profile, with a fresh link. */
export type ViewVideo = (task: Task) => Awaitable<Video>

const TEST_MESSAGE =
  'This is a test. Answer it with any 2xx status; the events of videos come with the same headers and a task_id.'

/**
 * The body of a delivery. Rendered at each attempt, so that the link in it is always fresh.
 * @param task null for a test event
 */
export async function renderEvent(
  delivery: Delivery,
  task: Task | null,
  { payload, viewVideo }: { payload: WebhookPayload; viewVideo: ViewVideo },
): Promise<string> {
  const envelope = {
    id: delivery.eventId,
    object: 'event',
    created_at: Math.floor(delivery.createdAtMs / 1_000),
    timestamp: new Date(delivery.createdAtMs).toISOString(),
    type: delivery.type,
    sequence: delivery.sequence,
  }
  if (task === null) {
    const nothing = { task_id: null, status: null, progress: null, result: null, error: null }
    return JSON.stringify({ ...envelope, ...nothing, data: { message: TEST_MESSAGE } })
  }
  const video = await viewVideo(taskThen(task, delivery))
  // The files of a deleted video are gone or about to go: a link to them would be a dead one.
  if (task.deletedAtMs !== null) delete video.video_url
  const status = { task_id: video.id, status: video.status, progress: video.progress }
  if (payload === 'thin') return JSON.stringify({ ...envelope, ...status, data: { id: video.id } })
  const result = video.video_url === undefined ? null : { video_url: video.video_url }
  return JSON.stringify({ ...envelope, ...status, result, error: video.error, data: video })
}

/** The task as it was when the event happened: a late event must not tell of what came after it. */
function taskThen(task: Task, { snapshot }: Delivery): Task {
  if (snapshot === null || isTerminal(snapshot.state)) return task
  return { ...task, ...snapshot, error: null, completedAtMs: null, expiresAtMs: null }
}
