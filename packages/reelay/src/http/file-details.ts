import type { ReelayDetails, Spritesheet } from '@reelay/sdk'
import { codecFamily, playsInBrowsers } from '../media/plays-in-browsers.ts'
import { framesOfSheet, sheetGrid } from '../media/sheet-grid.ts'
import type { Artifact } from '../store/store.ts'

/** A list that says more than a family does: `avc1.640028, mp4a.40.2`, not `avc`. */
const IS_EXACT = /[.,]/

type FileDetails = Pick<
  ReelayDetails,
  'sha256' | 'bytes' | 'duration' | 'codec' | 'media_type' | 'playable' | 'spritesheet'
>

/** What a client can know of an archived file before it downloads any of it. */
export function fileDetails(video: Artifact, artifacts: readonly Artifact[]): FileDetails {
  const details: FileDetails = { sha256: video.sha256, bytes: video.bytes }
  if (video.durationMs !== null) details.duration = Math.round(video.durationMs) / 1000
  if (video.codec !== null) {
    const { mime, codec } = video
    details.codec = codecFamily(codec)
    details.media_type = IS_EXACT.test(codec) ? `${mime}; codecs="${codec}"` : mime
    details.playable = playsInBrowsers(mime, codec)
  }
  const sheet = artifacts.find(({ role }) => role === 'spritesheet')
  const spritesheet = sheet === undefined ? undefined : spritesheetOf(video, sheet)
  if (spritesheet !== undefined) details.spritesheet = spritesheet
  return details
}

/** The layout of a sheet, from its size and the time that a frame of it stands for. */
function spritesheetOf(video: Artifact, sheet: Artifact): Spritesheet | undefined {
  if (video.durationMs === null || sheet.durationMs === null) return undefined
  if (sheet.width === null || sheet.height === null) return undefined
  const frames = framesOfSheet(video.durationMs, sheet.durationMs)
  const { columns, rows } = sheetGrid(frames)
  return {
    columns,
    rows,
    frames,
    frame_width: Math.floor(sheet.width / columns),
    frame_height: Math.floor(sheet.height / rows),
    seconds_per_frame: Math.round((video.durationMs * 1000) / frames) / 1_000_000,
  }
}
