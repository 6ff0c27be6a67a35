import { setImmediate } from 'node:timers/promises'
import type { ArtifactRole, Store } from '../store/store.ts'
import { inputFolder, outputFolder } from '../files/storage-key.ts'
import type { Files } from '../files/files.ts'
import type { Log } from '../system/log.ts'
import { isTerminal } from '../task/state.ts'
import type { Task } from '../task/task.ts'

const ALL: readonly ArtifactRole[] = ['input', 'video', 'thumbnail', 'spritesheet', 'last_frame']

/** Task folders that earlier processes left, as they were before this one took its first request. */
export type LeftFolders = { inputs: readonly string[]; outputs: readonly string[] }

/** Folders judged before others get their turn. */
const BATCH = 100

/** What removing files needs. */
export type FileRemover = {
  store: Pick<Store, 'artifacts' | 'removeArtifacts' | 'removableArtifacts'>
  files: Pick<Files, 'remove' | 'removeFolder'>
  log: Log
}

/** Inputs go when a task ends; everything goes when it was deleted. What fails here is found again at the next start. */
export async function removeFiles(
  deps: FileRemover,
  task: Pick<Task, 'id' | 'deletedAtMs' | 'state'>,
): Promise<void> {
  const roles: readonly ArtifactRole[] = task.deletedAtMs === null ? ['input'] : ALL
  try {
    const kept = await deps.store.artifacts(task.id)
    const artifacts = kept.filter((artifact) => roles.includes(artifact.role))
    if (task.state !== 'completed' || task.deletedAtMs !== null)
      await deps.files.removeFolder(outputFolder(task.id))
    if (artifacts.length === 0) return
    for (const artifact of artifacts) await deps.files.remove(artifact.storageKey)
    await deps.store.removeArtifacts(task.id, roles)
  } catch (error) {
    deps.log.warn(
      { err: error, task: task.id },
      'files of an ended task were left for the next start to remove',
    )
  }
}

/**
 * What the archive of a task that then ended without it has left, where the answer to the last commit was lost or its
 * process died just after it. Few of many folders, and nothing waits for them: `signal` ends it early.
 */
export async function removeOrphans(
  { store, files, log }: Omit<FileRemover, 'store'> & { store: Pick<Store, 'loadTask'> },
  outputFolders: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  for (const [index, taskId] of outputFolders.entries()) {
    if (index % BATCH === BATCH - 1) await setImmediate()
    if (signal.aborted) return
    await attempt(log, taskId, async () => {
      const task = await store.loadTask(taskId)
      if (task === undefined || !isTerminal(task.state)) return
      if (task.state !== 'completed' || task.deletedAtMs !== null)
        await files.removeFolder(outputFolder(taskId))
    })
  }
}

/**
 * At start: what a crash between a commit and its clean-up left behind, bounded per start, and inputs that were kept for a
 * task that never came to be. What cannot be removed stays: it keeps no gateway from starting.
 * @param inputFolders names of the task folders of inputs, as they were before this process took its first request: a
 * folder that is younger may belong to a create that is under way.
 */
export async function removeLeftovers(
  deps: FileRemover & { store: Pick<Store, 'loadTask'> },
  inputFolders: readonly string[],
): Promise<void> {
  for (const artifact of await deps.store.removableArtifacts(1_000)) {
    await attempt(deps.log, artifact.taskId, async () => {
      await deps.files.remove(artifact.storageKey)
      await deps.store.removeArtifacts(artifact.taskId, [artifact.role])
    })
  }
  for (const taskId of inputFolders) {
    await attempt(deps.log, taskId, async () => {
      const task = await deps.store.loadTask(taskId)
      if (task === undefined || isTerminal(task.state)) await deps.files.removeFolder(inputFolder(taskId))
    })
  }
}

async function attempt(log: Log, taskId: string, removal: () => Promise<void>): Promise<void> {
  try {
    await removal()
  } catch (error) {
    log.warn({ err: error, task: taskId }, 'a leftover file could not be removed')
  }
}
