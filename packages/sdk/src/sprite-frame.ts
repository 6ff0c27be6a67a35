import type { Spritesheet } from './wire.ts'

/** A part of the picture, in its pixels. */
export type SpriteFrame = { x: number; y: number; width: number; height: number }

/** Where on a spritesheet the frame of a moment of the video is; that of its start or end for moments outside it. */
export function spriteFrame(sheet: Spritesheet, seconds: number): SpriteFrame {
  const { columns, frames, frame_width: width, frame_height: height, seconds_per_frame: stretch } = sheet
  // Not a number, as a player's duration is before it has loaded, is the start.
  const at = stretch > 0 && seconds > 0 ? Math.floor(seconds / stretch) : 0
  const frame = Math.max(0, Math.min(frames - 1, at))
  return { x: (frame % columns) * width, y: Math.floor(frame / columns) * height, width, height }
}
