import type { ReactElement } from 'react'
import { Link } from 'wouter'
import { Card } from '../../ui/card.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Loading } from '../../ui/loading.tsx'
import { StatusBadge } from '../../ui/status-badge.tsx'
import { FailureNote } from '../task/failure-note.tsx'
import { Player } from '../task/player.tsx'
import { useTask } from '../task/use-task.ts'

/** A video that was just asked for, as it comes to be. */
export function WatchCard({ id }: { id: string }): ReactElement {
  const { video } = useTask(id)
  const { data } = video
  return (
    <Card title="Your video" actions={data === undefined ? null : <StatusBadge status={data.status} />}>
      {video.error === null ? null : <ErrorNote error={video.error} />}
      {data === undefined && video.error === null ? <Loading what="the video" /> : null}
      {data === undefined ? null : (
        <>
          {data.error === null ? null : <FailureNote error={data.error} />}
          <Player video={data} />
          <p className="mt-3 flex items-center justify-between gap-3 text-sm">
            <span className="min-w-0 truncate text-muted">{data.prompt}</span>
            <Link href={`/videos/${id}`} className="shrink-0 font-medium text-accent">
              All details
            </Link>
          </p>
        </>
      )}
    </Card>
  )
}
