import { isTerminalStatus, type Video } from '@reelay/sdk'
import type { PointerEvent, ReactElement } from 'react'
import { Link } from 'wouter'
import { formatAge, formatDateTime } from '../../format.ts'
import { ProgressBar } from '../../ui/progress-bar.tsx'
import { StatusBadge } from '../../ui/status-badge.tsx'
import { VideoPreview } from './video-preview.tsx'

export type VideoCardProps = {
  video: Video
  nowMs: number
  isPlaying: boolean
  onPlay: (isPlaying: boolean) => void
}

const STILL_QUERY = '(prefers-reduced-motion: reduce)'
const NO_PROMPT = 'No prompt is known'

/** One video in the gallery. Its prompt is the link; the picture plays. */
export function VideoCard({ video, nowMs, isPlaying, onPlay }: VideoCardProps): ReactElement {
  const hover = (event: PointerEvent, isOver: boolean): void => {
    if (event.pointerType === 'mouse' && !matchMedia(STILL_QUERY).matches) onPlay(isOver)
  }
  const isUnderWay = !isTerminalStatus(video.status)
  const facts = [video.model, video.size ?? '', video.seconds === null ? '' : `${video.seconds} s`].filter(
    (fact) => fact !== '',
  )
  return (
    <article
      className="group relative flex h-full flex-col overflow-hidden rounded-xl border border-line bg-surface transition-shadow focus-within:border-accent hover:shadow-md"
      // On the whole card: its link covers it.
      onPointerEnter={(event) => hover(event, true)}
      onPointerLeave={(event) => hover(event, false)}
    >
      <VideoPreview video={video} isPlaying={isPlaying} onPlay={onPlay} />
      <div className="flex flex-1 flex-col gap-2 p-3">
        <div className="flex items-center justify-between gap-2">
          <StatusBadge status={video.status} />
          <time
            dateTime={new Date(video.created_at * 1_000).toISOString()}
            title={formatDateTime(video.created_at)}
            className="text-xs text-muted"
          >
            {formatAge(video.created_at, nowMs)}
          </time>
        </div>
        <h2 className="text-sm font-medium">
          <Link
            href={`/videos/${video.id}`}
            className="line-clamp-2 break-words text-ink no-underline outline-none after:absolute after:inset-0 hover:text-accent"
          >
            {video.prompt ?? NO_PROMPT}
          </Link>
        </h2>
        {video.error === null ? null : (
          <p className="line-clamp-2 text-xs break-words text-bad">{video.error.message}</p>
        )}
        {isUnderWay ? (
          <ProgressBar percent={video.progress} label={`Progress of ${video.prompt ?? video.id}`} />
        ) : null}
        <p className="mt-auto truncate text-xs text-muted">{facts.join(' · ')}</p>
      </div>
    </article>
  )
}
