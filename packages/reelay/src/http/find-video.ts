import type { Video } from '@reelay/sdk'
import type { Task } from '../task/task.ts'
import { videoNotFound } from './api-error.ts'
import { profileOf, projectOf, type Exchange } from './exchange.ts'
import { videoObject } from './video-object.ts'

const VIDEO_ID = /^video_[0-9a-z]{26}$/

/** The id in the path. @throws ApiError `video_not_found` for what cannot be one */
export function videoIdOf(exchange: Exchange): string {
  const id = exchange.context.req.param('id') ?? ''
  if (!VIDEO_ID.test(id)) throw videoNotFound()
  return id
}

/** The caller's own task by the id in the path. @throws ApiError `video_not_found` */
export function findVideo(exchange: Exchange): Task {
  const task = exchange.shared.store.findTask(projectOf(exchange), videoIdOf(exchange))
  if (task === undefined) throw videoNotFound()
  return task
}

/** The task as this caller sees it. */
export function viewVideo(exchange: Exchange, task: Task): Video {
  const { settings, store, clock } = exchange.shared
  const artifacts = task.state === 'completed' ? store.artifacts(task.id) : []
  return videoObject(task, artifacts, {
    profile: profileOf(exchange),
    publicUrl: settings.publicUrl,
    linkKeys: settings.linkKeys,
    linkTtlMs: settings.linkTtlMs,
    nowMs: clock.nowMs(),
  })
}
