import type { Video } from '@reelay/sdk'
import type { StatusProfile } from '../task/wire-status.ts'
import type { Task } from '../task/task.ts'
import { videoNotFound } from './api-error.ts'
import { profileOf, projectOf, type Exchange, type Shared } from './exchange.ts'
import { videoObject } from './video-object.ts'

export const VIDEO_ID: RegExp = /^video_[0-9a-z]{26}$/

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
export const viewVideo = (exchange: Exchange, task: Task): Video =>
  viewTask(exchange.shared, task, profileOf(exchange))

/** The task as callers of that profile see it, with its files when it has some. */
export function viewTask(
  { settings, store, clock }: Pick<Shared, 'settings' | 'store' | 'clock'>,
  task: Task,
  profile: StatusProfile,
): Video {
  const artifacts = task.state === 'completed' ? store.artifacts(task.id) : []
  return videoObject(task, artifacts, {
    profile,
    publicUrl: settings.publicUrl,
    linkKeys: settings.linkKeys,
    linkTtlMs: settings.linkTtlMs,
    nowMs: clock.nowMs(),
  })
}
