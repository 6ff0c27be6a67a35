import { createReadStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { StagedFile } from '../files/files.ts'
import { storageKey } from '../files/storage-key.ts'
import type { Artifact, Claim } from '../store/store.ts'
import type { EngineContext } from './context.ts'
import { messageOf } from './message-of.ts'

const POSTER_BYTES_MAX = 8 * 1024 * 1024

/** The still that `variant=thumbnail` serves. A video without one is still a video: nothing here fails a task. */
export async function makePoster(
  context: EngineContext,
  claim: Claim,
  videoPath: string,
  signal: AbortSignal,
): Promise<Artifact | undefined> {
  const outPath = `${videoPath}.poster.jpg`
  let staged: StagedFile | undefined
  try {
    const poster = await context.inspector.poster(videoPath, outPath, signal)
    if (poster === undefined) return undefined
    staged = await context.files.stage()
    const file = await staged.write(createReadStream(outPath), POSTER_BYTES_MAX)
    const key = storageKey(claim.task, claim.fence, 'thumbnail', 0, 'image/jpeg')
    await staged.keep(key)
    return {
      role: 'thumbnail',
      index: 0,
      storageKey: key,
      ...file,
      mime: 'image/jpeg',
      width: poster.width,
      height: poster.height,
      durationMs: null,
      codec: null,
    }
  } catch (error) {
    if (!signal.aborted)
      context.log.warn({ task: claim.taskId, reason: messageOf(error) }, 'no poster was made')
    return undefined
  } finally {
    await staged?.discard()
    await rm(outPath, { force: true })
  }
}
