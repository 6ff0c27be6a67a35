import type { Video } from '@reelay/sdk'
import { formatAgo, formatDuration } from './duration.ts'
import type { Io } from './io.ts'
import { paintStatus, styleOf } from './style.ts'
import { oneLine } from './text.ts'

/** One video for people: a line per fact, names aligned, nothing where nothing is known. */
export function formatVideo(video: Video, io: Io): string {
  const style = styleOf(io.stdout, io.env)
  const facts = factsOf(video, io.clock.nowMs()).filter(([, value]) => value !== null && value !== '')
  const width = Math.max(...facts.map(([name]) => name.length))
  return facts
    .map(([name, value]) => {
      const text = oneLine(value ?? '')
      const shown = name === 'status' ? paintStatus(style, video.status)(text) : text
      return `${style.dim(name.padEnd(width))}  ${shown}`
    })
    .join('\n')
}

/** Why a video ended without a result, in one line. */
export function formatReason(video: Video): string {
  if (video.error === null) return `${video.id} ended as ${video.status}; the gateway gives no reason`
  return `${video.id} ended as ${video.status}: ${video.error.message} (${video.error.code})`
}

type Fact = readonly [name: string, value: string | null]

function factsOf(video: Video, nowMs: number): readonly Fact[] {
  const isActive = video.completed_at === null
  return [
    ['id', video.id],
    ['status', isActive ? `${video.status} ${video.progress}%` : video.status],
    ['error', video.error === null ? null : `${video.error.message} (${video.error.code})`],
    ['model', video.model],
    ['provider', video.reelay?.provider ?? null],
    ['prompt', video.prompt],
    ['size', video.size],
    ['seconds', video.seconds],
    ['created', formatAgo(video.created_at, nowMs)],
    ['took', tookOf(video)],
    ['bytes', video.reelay?.bytes === undefined ? null : formatBytes(video.reelay.bytes)],
    ['sha256', video.reelay?.sha256 ?? null],
    ['warnings', video.reelay?.warnings.join(', ') ?? null],
    ['expires', video.expires_at === null ? null : new Date(video.expires_at * 1000).toISOString()],
    ['url', video.video_url ?? null],
  ]
}

function tookOf(video: Video): string | null {
  return video.completed_at === null ? null : formatDuration((video.completed_at - video.created_at) * 1000)
}

/** `512 B`, `8.4 kB`, `12.0 MB`: powers of ten. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(1)} kB`
  return bytes < 1_000_000_000 ? `${(bytes / 1_000_000).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`
}
