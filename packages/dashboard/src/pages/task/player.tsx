import { isTerminalStatus, type Video } from '@reelay/sdk'
import { useState, type ReactElement } from 'react'
import { hasScope, useSession } from '../../api/session-context.tsx'
import { contentPath, hasFile } from '../../api/video-file.ts'
import { Icon } from '../../ui/icon.tsx'
import { ProgressBar } from '../../ui/progress-bar.tsx'

/** Asked of the browser only where the usual ones would not. */
const mayPlay = ({ reelay }: Video): boolean =>
  reelay?.playable !== false || document.createElement('video').canPlayType(reelay.media_type ?? '') !== ''

/** The video, or how far it is. */
export function Player({ video }: { video: Video }): ReactElement {
  const mayRead = hasScope(useSession(), 'content')
  const ratio = ratioOf(video.size)
  if (hasFile(video) && mayRead) return <File video={video} ratio={ratio} />
  if (isTerminalStatus(video.status)) return <Absent text={whyAbsent(video, mayRead)} />
  return (
    <div
      className="grid max-h-[70vh] w-full place-items-center rounded-xl border border-line bg-raised p-6"
      style={{ aspectRatio: ratio }}
    >
      <Progress video={video} />
    </div>
  )
}

function File({ video, ratio }: { video: Video; ratio: string }): ReactElement {
  const [isRefused, setRefused] = useState(() => !mayPlay(video))
  const codec = video.reelay?.codec === undefined ? '' : `, whose pictures are ${video.reelay.codec}`
  return (
    <figure>
      {/* oxlint-disable-next-line jsx-a11y/media-has-caption -- nobody knows what is said in it */}
      <video
        controls
        playsInline
        preload="metadata"
        poster={contentPath(video.id, 'thumbnail')}
        src={contentPath(video.id)}
        aria-label={video.prompt ?? 'The video'}
        onError={() => setRefused(true)}
        className="max-h-[70vh] w-full rounded-xl bg-black"
        style={{ aspectRatio: ratio }}
      />
      {isRefused ? (
        <figcaption role="alert" className="mt-2 text-sm text-bad">
          This browser cannot play the file{codec}. Download it instead.
        </figcaption>
      ) : null}
    </figure>
  )
}

function Progress({ video }: { video: Video }): ReactElement {
  return (
    <div className="flex w-full max-w-sm flex-col items-center gap-3 text-center">
      <span className="text-4xl font-semibold tabular-nums" aria-hidden="true">
        {video.progress} %
      </span>
      <ProgressBar percent={video.progress} label="Progress" />
      <p className="text-sm text-muted" aria-live="polite">
        {video.status === 'queued'
          ? 'Accepted and stored. It waits for its provider.'
          : 'It is being made. This page follows it by itself.'}
      </p>
    </div>
  )
}

function Absent({ text }: { text: string }): ReactElement {
  return (
    <div className="flex flex-col items-center gap-2 rounded-xl border border-line bg-raised px-6 py-12 text-center text-sm text-muted">
      <Icon name="film" className="size-8" />
      <p className="max-w-sm">{text}</p>
    </div>
  )
}

function whyAbsent({ status }: Video, mayRead: boolean): string {
  if (status !== 'completed') return 'There is no file: the video did not come to be.'
  return mayRead
    ? 'The video was made. Its file was removed since: it had expired, or somebody took it away.'
    : 'This key lacks the scope "content", so that it cannot read files.'
}

const ratioOf = (size: string | null): string => {
  const match = /^(\d+)x(\d+)$/.exec(size ?? '')
  return match === null ? '16 / 9' : `${match[1]} / ${match[2]}`
}
