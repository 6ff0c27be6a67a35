import type { VideoDeleted } from '@reelay/sdk'
import { outputFolder } from '../files/storage-key.ts'
import type { ArtifactRole } from '../store/store.ts'
import { isTerminal } from '../task/state.ts'
import type { Task } from '../task/task.ts'
import { videoNotFound } from './api-error.ts'
import { jsonAnswer, projectOf, wishOriginOf, type Exchange } from './exchange.ts'
import { videoIdOf } from './find-video.ts'

const ROLES: readonly ArtifactRole[] = ['input', 'video', 'thumbnail', 'spritesheet', 'last_frame']

/** `DELETE /v1/videos/{id}`: hides the task, has it cancelled, and removes its files. */
export async function deleteVideo(exchange: Exchange): Promise<Response> {
  const task = await exchange.shared.store.deleteTask(
    projectOf(exchange),
    videoIdOf(exchange),
    wishOriginOf(exchange),
  )
  if (task === undefined) throw videoNotFound()
  // What is under way still needs its files: they go when the engine has ended it.
  if (isTerminal(task.state)) await removeFiles(exchange, task)
  const body: VideoDeleted = { id: task.id, object: 'video.deleted', deleted: true }
  return jsonAnswer(body)
}

/** The task is deleted whatever happens here: what stays behind is swept at the next start. */
async function removeFiles(exchange: Exchange, task: Task): Promise<void> {
  const { files, log, store } = exchange.shared
  try {
    const artifacts = await store.artifacts(task.id)
    await files.removeFolder(outputFolder(task.id))
    if (artifacts.length === 0) return
    for (const artifact of artifacts) await files.remove(artifact.storageKey)
    await store.removeArtifacts(task.id, ROLES)
  } catch (error) {
    log.warn({ err: error, task: task.id }, 'files of a deleted video were left for the next start to remove')
  }
}
