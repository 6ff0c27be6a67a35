import { writeFile } from 'node:fs/promises'
import type { Canvas } from '@napi-rs/canvas'
import { systemClock, type Clock } from '../system/clock.ts'
import { framePicture, quarterTurns } from './frame-picture.ts'
import { openVideo, type OpenVideo } from './open-video.ts'
import { SpriteCanvas } from './sprite-canvas.ts'
import { indexPackets, walkFrames, type PacketIndex, type WantedFrame } from './walk-frames.ts'

/** A picture that is ready to be written. */
export interface ExtractedStill {
  readonly width: number
  readonly height: number
  readonly write: (path: string) => Promise<void>
}

/** What one pass through a video gives. */
export interface ExtractedStills {
  readonly poster: ExtractedStill
  /** Absent, with the reason, where it would have taken too long. */
  readonly sheet: (ExtractedStill & { readonly frames: number }) | { readonly problem: string }
}

export interface StillsOptions {
  readonly sheetFramesMax: number
  readonly clock?: Clock
}

const POSTER_AT_MS = 1_000
const POSTER_BOX = { width: 1_280, height: 1_280 }
const FRAME_BOX = { width: 160, height: 320 }
const POSTER_QUALITY = 84
const SHEET_QUALITY = 78
/** Together well under the time of the job, so that a sheet which takes too long costs no poster. */
const INDEX_MS_MAX = 4_000
const DECODE_MS_MAX = 16_000

function stillOf(canvas: Canvas, quality: number): ExtractedStill {
  const { width, height } = canvas
  return { width, height, write: async (path) => writeFile(path, await canvas.encode('jpeg', quality)) }
}

/** A second in, or the middle of something shorter. */
function posterAt({ stream }: OpenVideo, { start, end }: PacketIndex): bigint {
  const { num, den } = stream.timeBase
  if (num <= 0 || den <= 0) return start
  const units = BigInt(Math.floor((POSTER_AT_MS * den) / (num * 1000)))
  const half = (end - start) / 2n
  return start + (half < units ? half : units)
}

/** The middle of each stretch that a frame of the sheet stands for. */
function frameAt({ start, end }: PacketIndex, frame: number, frames: number): bigint {
  return start + ((end - start) * BigInt(2 * frame + 1)) / BigInt(2 * frames)
}

async function stillsOf(
  video: OpenVideo,
  { sheetFramesMax, clock = systemClock }: StillsOptions,
): Promise<ExtractedStills | undefined> {
  const outOfTime = (ms: number): (() => boolean) => {
    const untilMs = clock.monotonicMs() + ms
    return () => clock.monotonicMs() >= untilMs
  }
  const index = await indexPackets(video, outOfTime(INDEX_MS_MAX))
  const frames = index.isWhole ? Math.min(sheetFramesMax, index.frames) : 0
  const sprites = new SpriteCanvas(frames)
  const turns = quarterTurns(video.stream)
  let poster: Canvas | undefined
  const wanted: WantedFrame[] = Array.from({ length: frames }, (_, at) => ({
    at: frameAt(index, at, frames),
    take: (frame) => sprites.place(at, framePicture(frame, turns, FRAME_BOX)),
  }))
  wanted.push({
    at: posterAt(video, index),
    take: (frame) => (poster = framePicture(frame, turns, POSTER_BOX)),
  })
  wanted.sort((a, b) => (a.at < b.at ? -1 : Number(a.at > b.at)))
  const walk = await walkFrames(video, index.keys, wanted, outOfTime(DECODE_MS_MAX))
  if (poster === undefined) return undefined
  const { canvas } = sprites
  const isSheet = walk === 'all' && canvas !== undefined
  return {
    poster: stillOf(poster, POSTER_QUALITY),
    sheet: isSheet
      ? { ...stillOf(canvas, SHEET_QUALITY), frames }
      : { problem: 'The video takes too long to decode.' },
  }
}

/**
 * The picture about a second into a video and a sheet of pictures from all of it, in one pass; undefined when there is
 * none to be had.
 */
export function extractStills(
  videoPath: string,
  options: StillsOptions,
): Promise<ExtractedStills | undefined> {
  return openVideo(videoPath, (video) => stillsOf(video, options))
}
