import type { Video } from '@reelay/sdk'
import type { ReactElement } from 'react'
import { Link, useParams } from 'wouter'
import { formatBytes, formatDateTime, formatSpan } from '../../format.ts'
import { Card } from '../../ui/card.tsx'
import { CodeCard } from '../../ui/code-card.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { DetailsList, type Detail } from '../../ui/details-list.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Loading } from '../../ui/loading.tsx'
import { PageTitle } from '../../ui/page-title.tsx'
import { StatusBadge } from '../../ui/status-badge.tsx'
import { DeliveriesCard } from './deliveries-card.tsx'
import { FailureNote } from './failure-note.tsx'
import { Player } from './player.tsx'
import { TaskActions } from './task-actions.tsx'
import { TimelineCard } from './timeline-card.tsx'
import { useTask, type TaskView } from './use-task.ts'

/** One video: its file, what it was asked with, and all that happened to it. */
export function TaskPage(): ReactElement {
  const { id = '' } = useParams()
  const task = useTask(id)
  return (
    <>
      <Link
        href="/"
        className="mb-3 inline-flex items-center gap-1.5 text-sm text-muted no-underline hover:text-ink"
      >
        <Icon name="back" />
        All videos
      </Link>
      {task.video.data === undefined ? (
        <Waiting id={id} task={task} />
      ) : (
        <Task video={task.video.data} task={task} />
      )}
    </>
  )
}

function Waiting({ id, task }: { id: string; task: TaskView }): ReactElement {
  return (
    <>
      <PageTitle title="Video" about={id} />
      {task.video.error === null ? (
        <Loading what="the video" />
      ) : (
        <ErrorNote error={task.video.error} onRetry={() => void task.video.refetch()} />
      )}
    </>
  )
}

function Task({ video, task }: { video: Video; task: TaskView }): ReactElement {
  const deliveries = task.deliveries.data ?? []
  return (
    <>
      <PageTitle
        title={video.prompt ?? 'Video'}
        about={
          <span className="flex flex-wrap items-center gap-2">
            <StatusBadge status={video.status} />
            <code className="font-mono text-xs break-all">{video.id}</code>
          </span>
        }
        actions={<TaskActions video={video} />}
      />
      {video.error === null ? null : <FailureNote error={video.error} />}
      <div className="grid gap-5 lg:grid-cols-[minmax(0,1fr)_22rem]">
        <div className="flex min-w-0 flex-col gap-5">
          <Player video={video} />
          <TimelineCard video={video} timeline={task.timeline} deliveries={deliveries} />
          <DeliveriesCard deliveries={deliveries} />
        </div>
        <aside aria-label="About this video" className="flex min-w-0 flex-col gap-5">
          <Card title="Prompt" actions={<CopyButton kind="quiet" label="Copy" text={video.prompt ?? ''} />}>
            <p className="text-sm break-words whitespace-pre-wrap">{video.prompt ?? 'No prompt is known.'}</p>
          </Card>
          <Card title="Parameters">
            <DetailsList details={detailsOf(video)} />
          </Card>
          <Warnings video={video} />
          <Metadata video={video} />
          <CodeCard
            title="Ask again from code"
            request={{
              fields: {
                model: video.model,
                prompt: video.prompt ?? '',
                seconds: video.seconds ?? undefined,
                size: video.size ?? undefined,
              },
              files: [],
            }}
          />
        </aside>
      </div>
    </>
  )
}

function detailsOf(video: Video): Detail[] {
  const { reelay } = video
  const took = video.completed_at === null ? null : video.completed_at - video.created_at
  const details: [string, string | number | null | undefined][] = [
    ['Model', video.model],
    ['Provider', reelay?.provider],
    ['Size', video.size],
    [
      'Length',
      reelay?.duration === undefined ? video.seconds && `${video.seconds} s` : `${reelay.duration} s`,
    ],
    ['Created', formatDateTime(video.created_at)],
    ['Ended', video.completed_at && formatDateTime(video.completed_at)],
    ['Took', took === null ? null : took < 1 ? 'under a second' : formatSpan(took)],
    ['File kept until', video.expires_at && formatDateTime(video.expires_at)],
    ['File', reelay?.bytes === undefined ? null : formatBytes(reelay.bytes)],
    ['Codec', reelay?.codec],
    ['Attempt', reelay?.attempt],
  ]
  const shown = details.flatMap(([label, value]): Detail[] =>
    value == null || value === '' ? [] : [{ label, value }],
  )
  const ids: Detail[] = [
    { label: 'Job at the provider', value: reelay?.provider_task_id },
    { label: 'SHA-256', value: reelay?.sha256 },
  ].flatMap(({ label, value }) =>
    value == null ? [] : [{ label, value: <code className="font-mono text-xs break-all">{value}</code> }],
  )
  return [...shown, ...ids]
}

function Warnings({ video }: { video: Video }): ReactElement | null {
  const warnings = video.reelay?.warnings ?? []
  if (warnings.length === 0) return null
  return (
    <Card title="Warnings">
      <ul className="flex flex-col gap-1 text-sm text-waiting">
        {warnings.map((warning) => (
          <li key={warning}>{warning.replaceAll('_', ' ')}</li>
        ))}
      </ul>
    </Card>
  )
}

function Metadata({ video }: { video: Video }): ReactElement | null {
  if (video.metadata === undefined || Object.keys(video.metadata).length === 0) return null
  return (
    <Card title="Metadata">
      <pre className="text-xs break-words whitespace-pre-wrap">{JSON.stringify(video.metadata, null, 2)}</pre>
    </Card>
  )
}
