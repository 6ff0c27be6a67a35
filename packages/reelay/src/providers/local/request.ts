import { createHash } from 'node:crypto'
import { z } from 'zod'
import { PREVIEW_LIMITS } from '../../media/preview-limits.ts'
import type { PreviewJob } from '../../media/preview-job.ts'
import type { InputFile, StartRequest } from '../provider.ts'

/** A preview job without the places of its files, which the job store decides. */
export type LocalJob = Omit<PreviewJob, 'outPath' | 'inputImages'>

/** The same with its pictures, as it is stored. */
export type StoredJob = Omit<PreviewJob, 'outPath'>

const SECONDS_DEFAULT = 4
const SIZE_DEFAULT = PREVIEW_LIMITS.sizes[0] ?? '1280x720'

/** The order in which pictures are shown. */
const ROLE_ORDER: readonly InputFile['role'][] = ['first_frame', 'reference', 'last_frame']

export function jobOf({ request }: StartRequest): LocalJob {
  const [width = 1280, height = 720] = (request.size ?? SIZE_DEFAULT).split('x').map(Number)
  return {
    prompt: request.prompt,
    seconds: Number(request.seconds ?? SECONDS_DEFAULT),
    width,
    height,
    seed: request.seed ?? seedOf(request.prompt),
    fps: PREVIEW_LIMITS.fps,
    audio: request.generateAudio ?? false,
  }
}

/** The pictures of a request in the order in which they are shown. */
export const picturesOf = ({ inputs }: StartRequest): readonly InputFile[] =>
  ROLE_ORDER.flatMap((role) => inputs.filter((input) => input.role === role))

/** The same prompt without a seed gives the same video. */
const seedOf = (prompt: string): number => createHash('sha256').update(prompt).digest().readUInt32BE(0)

const stored = z.object({
  prompt: z.string(),
  seconds: z.number(),
  width: z.number(),
  height: z.number(),
  seed: z.number(),
  fps: z.number(),
  audio: z.boolean(),
  inputImages: z.array(z.string()),
})

/** A job as this gateway stored it. @throws when the file is damaged. */
export const readJob = (text: string): StoredJob => stored.parse(JSON.parse(text))
