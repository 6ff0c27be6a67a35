import type { ReelayDetails, Video } from '@reelay/sdk'
import type { Artifact } from '../store/store.ts'
import { providerNameOf } from '../task/provider-name.ts'
import { isExpired } from '../task/retention.ts'
import type { Task } from '../task/task.ts'
import { wireStatus, type StatusProfile } from '../task/wire-status.ts'
import { fileDetails } from './file-details.ts'
import { signLink, type LinkKeys } from './signed-link.ts'

/** What the object of a task is made with, besides the task. */
export type VideoView = {
  profile: StatusProfile
  /** Base of `video_url`, without a trailing slash. */
  publicUrl: string
  linkKeys: LinkKeys
  linkTtlMs: number
  nowMs: number
}

const seconds = (ms: number): number => Math.floor(ms / 1000)

/** The provider of a task's current or next submission, without the name of the account. */
function providerOf(task: Task): string | null {
  const account = task.attempt?.account ?? task.candidates[task.candidate]?.account
  return account === undefined ? null : providerNameOf(account)
}

function detailsOf(task: Task, video: Artifact | undefined, artifacts: readonly Artifact[]): ReelayDetails {
  const details: ReelayDetails = {
    provider: providerOf(task),
    provider_task_id: task.attempt?.operation?.providerTaskId ?? null,
    warnings: task.warnings,
  }
  if (task.attempt !== null) details.attempt = task.attempt.n
  return video === undefined ? details : { ...details, ...fileDetails(video, artifacts) }
}

function sizeOf(task: Task, video: Artifact | undefined): string | null {
  if (task.request.size !== null) return task.request.size
  const isProbed = video !== undefined && video.width !== null && video.height !== null
  return isProbed ? `${video.width}x${video.height}` : null
}

function secondsOf(task: Task, video: Artifact | undefined): string | null {
  if (task.request.seconds !== null) return task.request.seconds
  return video?.durationMs == null ? null : String(Math.max(1, Math.round(video.durationMs / 1000)))
}

/** A link that opens the archived video without a key, for as long as the settings say. */
function videoUrl(id: string, view: VideoView): string {
  const subject = { kind: 'content', id, variant: 'video' } as const
  return `${view.publicUrl}/v1/videos/${id}/content?${signLink(view.linkKeys, subject, view.nowMs + view.linkTtlMs)}`
}

/**
 * The task as clients see it. Fields are named one by one: nothing else of a task ever leaves.
 * @param artifacts of the task; only looked at when it is completed
 */
export function videoObject(task: Task, artifacts: readonly Artifact[], view: VideoView): Video {
  const isCompleted = task.state === 'completed'
  const isThere = isCompleted && !isExpired(task, view.nowMs)
  const file = isThere ? artifacts.find((artifact) => artifact.role === 'video') : undefined
  const video: Video = {
    id: task.id,
    task_id: task.id,
    object: 'video',
    model: task.request.model,
    status: wireStatus(task.state, task.providerWaits, view.profile),
    progress: isCompleted ? 100 : Math.min(99, task.progress),
    created_at: seconds(task.createdAtMs),
    completed_at: task.completedAtMs === null ? null : seconds(task.completedAtMs),
    expires_at: task.expiresAtMs === null ? null : seconds(task.expiresAtMs),
    // Of an adopted task nobody may have told it.
    prompt: task.request.prompt === '' ? null : task.request.prompt,
    size: sizeOf(task, file),
    seconds: secondsOf(task, file),
    remixed_from_video_id: null,
    error: task.error === null ? null : { ...task.error },
  }
  // The files of a completed task go when they expire, and may be lost: the object stays, the link goes.
  if (file !== undefined) video.video_url = videoUrl(task.id, view)
  if (task.metadata !== null) video.metadata = { ...task.metadata }
  video.reelay = detailsOf(task, file, artifacts)
  return video
}
