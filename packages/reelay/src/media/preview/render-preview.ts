import { setTimeout as sleep } from 'node:timers/promises'
import { createCanvas } from '@napi-rs/canvas'
import { AV_LOG_ERROR } from 'node-av/constants'
import { Log } from 'node-av/lib'
import type { PreviewJob } from '../preview-job.ts'
import { PreviewFailed } from '../preview-failed.ts'
import { previewKnobs, type PreviewKnobs } from '../preview-knobs.ts'
import { AUDIO_BLOCK, AUDIO_RATE_HZ } from './audio-track.ts'
import { prepareFilm } from './film.ts'
import { PadSound } from './pad-sound.ts'
import { sceneOf } from './scene.ts'
import type { Painter } from './stage.ts'
import { VideoWriter } from './video-writer.ts'

/** Writes the sound that belongs to the pictures so far, so that the file stays interleaved. */
class SoundWriter {
  readonly #pad: PadSound
  readonly #writer: VideoWriter
  readonly #left = new Float32Array(AUDIO_BLOCK)
  readonly #right = new Float32Array(AUDIO_BLOCK)
  #writtenS = 0

  constructor(pad: PadSound, writer: VideoWriter) {
    this.#pad = pad
    this.#writer = writer
  }

  async writeUntil(endS: number): Promise<void> {
    while (this.#writtenS < endS) {
      this.#pad.fill(this.#left, this.#right)
      await this.#writer.writeAudio(this.#left, this.#right)
      this.#writtenS += AUDIO_BLOCK / AUDIO_RATE_HZ
    }
  }
}

/** Holds the render back so that it takes `slowMs`, spread evenly over its pictures. */
function createPace(slowMs: number): (share: number) => Promise<void> {
  const startedMs = performance.now()
  return async (share) => {
    const aheadMs = startedMs + slowMs * share - performance.now()
    if (aheadMs > 0) await sleep(aheadMs)
  }
}

/** Pictures lie outside the heap, so the collector does not know that they are large; without this they pile up. */
function releasePictures(): void {
  globalThis.gc?.({ type: 'minor', execution: 'sync' })
}

interface Shooting {
  readonly job: PreviewJob
  readonly knobs: PreviewKnobs
  readonly writer: VideoWriter
  readonly sound: SoundWriter | undefined
  readonly report: (fraction: number) => void
}

async function shoot(paint: Painter, { job, knobs, writer, sound, report }: Shooting): Promise<void> {
  const frames = Math.max(1, Math.round(job.seconds * job.fps))
  const canvas = createCanvas(job.width, job.height)
  const context = canvas.getContext('2d')
  const pace = createPace(knobs.slowMs)
  let encoding = Promise.resolve()
  const settle = async (encoded: number): Promise<void> => {
    await encoding
    if (encoded === 0) return
    await sound?.writeUntil(encoded / job.fps)
    await pace(encoded / frames)
    report(encoded / frames)
  }
  try {
    for (let frame = 0; frame < frames; frame += 1) {
      // Half of the way: an application sees progress first, as it would with a provider.
      if (knobs.fails && frame * 2 >= frames) throw new PreviewFailed()
      // The encoder works on the last picture while this one is drawn.
      paint({ context, timeS: frame / job.fps, progress: frame / Math.max(1, frames - 1) })
      const picture = canvas.data()
      await settle(frame)
      encoding = writer.writePicture(picture)
      releasePictures()
    }
    await settle(frames)
  } finally {
    // The encoder must be at rest before anybody frees it.
    await encoding.catch(() => {})
  }
}

/**
 * Renders a preview into `job.outPath`; the same job gives the same bytes. `report` gets the share of pictures encoded.
 * Throws `PreviewFailed` for `[fail]`, `MediaFailed` (`bad_input`) for pictures that cannot be read.
 */
export async function renderPreview(job: PreviewJob, report: (fraction: number) => void): Promise<void> {
  Log.setLevel(AV_LOG_ERROR)
  const knobs = previewKnobs(job.prompt)
  const scene = sceneOf(knobs.text, job.seed)
  const paint = await prepareFilm(job, knobs.text, scene)
  const { outPath: path, width, height, fps } = job
  const writer = await VideoWriter.open({ path, width, height, fps, hasAudio: job.audio })
  try {
    const pad = job.audio ? new PadSound(knobs.text, job.seed, scene, job.seconds, AUDIO_RATE_HZ) : undefined
    const sound = pad === undefined ? undefined : new SoundWriter(pad, writer)
    await shoot(paint, { job, knobs, writer, sound, report })
    await writer.finish()
  } finally {
    writer.close()
  }
}
