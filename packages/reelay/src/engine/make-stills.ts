import { createReadStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { storageKey } from '../files/storage-key.ts'
import { sheetFrames } from '../media/sheet-grid.ts'
import type { Artifact, Claim } from '../store/store.ts'
import type { EngineContext } from './context.ts'
import { messageOf } from './message-of.ts'

const STILL_BYTES_MAX = 8 * 1024 * 1024
const MIME = 'image/jpeg'

/** The video that the pictures are of. */
export type StillSource = { path: string; durationMs: number }

type Still = Pick<Artifact, 'role' | 'width' | 'height' | 'durationMs'> & { path: string }

/**
 * What `variant=thumbnail` and `variant=spritesheet` serve: those of the two that could be made and kept. A video without
 * them is still a video: nothing here fails a task.
 */
export async function makeStills(
  context: EngineContext,
  claim: Claim,
  source: StillSource,
  signal: AbortSignal,
): Promise<readonly Artifact[]> {
  const posterPath = `${source.path}.poster.jpg`
  const sheetPath = `${source.path}.sheet.jpg`
  const kept: Artifact[] = []
  try {
    const sheetFramesMax = sheetFrames(source.durationMs)
    const job = { videoPath: source.path, posterPath, sheetPath, sheetFramesMax }
    const poster = await context.inspector.poster(job, signal)
    if (poster === undefined) return kept
    const { width, height, sheet } = poster
    const still = { role: 'thumbnail', path: posterPath, width, height, durationMs: null } as const
    kept.push(await keepStill(context, claim, still, signal))
    if (sheet === undefined) return kept
    // The time that one frame stands for: with the length of the video it tells how many there are.
    const durationMs = Math.round(source.durationMs / sheet.frames)
    const whole = { role: 'spritesheet', path: sheetPath, width: sheet.width, height: sheet.height } as const
    kept.push(await keepStill(context, claim, { ...whole, durationMs }, signal))
  } catch (error) {
    const what = kept.length === 0 ? 'no poster was made' : 'no spritesheet was made'
    if (!signal.aborted) context.log.warn({ task: claim.taskId, reason: messageOf(error) }, what)
  } finally {
    await rm(posterPath, { force: true })
    await rm(sheetPath, { force: true })
  }
  return kept
}

async function keepStill(
  { files }: EngineContext,
  claim: Claim,
  { path, ...still }: Still,
  signal: AbortSignal,
): Promise<Artifact> {
  const staged = await files.stage()
  try {
    const file = await staged.write(createReadStream(path), STILL_BYTES_MAX)
    const key = storageKey(claim.task, claim.fence, still.role, 0, MIME)
    await staged.keep(key, signal)
    return { ...still, index: 0, storageKey: key, ...file, mime: MIME, codec: null }
  } finally {
    await staged.discard()
  }
}
