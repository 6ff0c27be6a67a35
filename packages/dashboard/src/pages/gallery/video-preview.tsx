import { isTerminalStatus, type Video } from '@reelay/sdk'
import { useState, type ReactElement } from 'react'
import { hasScope, useSession } from '../../api/session-context.tsx'
import { contentPath, hasFile } from '../../api/video-file.ts'
import { Icon, type IconName } from '../../ui/icon.tsx'

type VideoPreviewProps = { video: Video; isPlaying: boolean; onPlay: (isPlaying: boolean) => void }

/** The poster of a video, and its file while it plays: under the pointer, or by the button for whoever has none. */
export function VideoPreview({ video, isPlaying, onPlay }: VideoPreviewProps): ReactElement {
  const mayRead = hasScope(useSession(), 'content')
  if (!hasFile(video) || !mayRead) return <Placeholder video={video} mayRead={mayRead} />
  return (
    <div className="relative aspect-video overflow-hidden bg-black">
      <Poster id={video.id} />
      {isPlaying ? (
        <video
          className="absolute inset-0 size-full object-contain"
          src={contentPath(video.id)}
          autoPlay
          muted
          loop
          playsInline
        />
      ) : null}
      {/* Above the link that covers the card. */}
      <button
        type="button"
        aria-label={`${isPlaying ? 'Stop' : 'Play'} the preview of ${video.prompt ?? video.id}`}
        onClick={() => onPlay(!isPlaying)}
        className="absolute right-2 bottom-2 z-10 grid size-9 place-items-center rounded-full bg-black/65 text-white hover:bg-black/85"
      >
        <Icon name={isPlaying ? 'stop' : 'play'} className="fill-current" />
      </button>
    </div>
  )
}

/** Without a poster, which is made only where the packages for it are installed, the video's own first picture. */
function Poster({ id }: { id: string }): ReactElement {
  const [isMissing, setMissing] = useState(false)
  const className = 'absolute inset-0 size-full object-contain'
  if (isMissing)
    return <video className={className} src={`${contentPath(id)}#t=0.1`} preload="metadata" muted />
  const src = contentPath(id, 'thumbnail')
  return (
    <>
      {/* Fills what an upright picture leaves free. */}
      <img
        className="absolute inset-0 size-full scale-110 object-cover opacity-50 blur-lg"
        src={src}
        alt=""
        loading="lazy"
      />
      <img
        className={className}
        src={src}
        alt=""
        loading="lazy"
        decoding="async"
        onError={() => setMissing(true)}
      />
    </>
  )
}

function Placeholder({ video, mayRead }: { video: Video; mayRead: boolean }): ReactElement {
  const isUnderWay = !isTerminalStatus(video.status)
  return (
    <div className="grid aspect-video place-items-center bg-raised text-muted">
      {isUnderWay ? (
        <span className="text-2xl font-semibold tabular-nums" aria-hidden="true">
          {video.progress} %
        </span>
      ) : (
        <span className="flex flex-col items-center gap-1 text-xs">
          <Icon name={iconOf(video)} className="size-6" />
          {video.status === 'completed'
            ? mayRead
              ? 'Its file was removed'
              : 'This key may not read files'
            : null}
        </span>
      )}
    </div>
  )
}

const iconOf = ({ status }: Video): IconName => (status === 'completed' ? 'film' : 'alert')
