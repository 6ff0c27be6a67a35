import type { Video } from '@reelay/sdk'
import type { StatusProfile } from '../task/wire-status.ts'
import type { Artifact } from '../store/store.ts'
import { whenThere, type Awaitable } from '../system/awaitable.ts'
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
export async function findVideo(exchange: Exchange): Promise<Task> {
  const task = await exchange.shared.store.findTask(projectOf(exchange), videoIdOf(exchange))
  if (task === undefined) throw videoNotFound()
  return task
}

/** The task as this caller sees it. */
export const viewVideo = (exchange: Exchange, task: Task): Awaitable<Video> =>
  viewTask(exchange.shared, task, profileOf(exchange))

/**
 * The task as callers of that profile see it, with its files when it has some.
 * @param known its files, where they have been read already
 */
export function viewTask(
  { settings, store, clock }: Pick<Shared, 'settings' | 'store' | 'clock'>,
  task: Task,
  profile: StatusProfile,
  known?: readonly Artifact[],
): Awaitable<Video> {
  const describe = (artifacts: readonly Artifact[]): Video =>
    videoObject(task, artifacts, {
      profile,
      publicUrl: settings.publicUrl,
      linkKeys: settings.linkKeys,
      linkTtlMs: settings.linkTtlMs,
      nowMs: clock.nowMs(),
    })
  if (known !== undefined) return describe(known)
  return task.state === 'completed' ? whenThere(store.artifacts(task.id), describe) : describe([])
}
