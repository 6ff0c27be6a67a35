import { isTerminalStatus, type TimelineEntry, type Video, type WebhookDelivery } from '@reelay/sdk'
import type { ReactElement } from 'react'
import { formatDateTime, formatSpan } from '../../format.ts'
import { Card } from '../../ui/card.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Loading } from '../../ui/loading.tsx'
import { useNow } from '../../use-now.ts'
import { entryWords } from './entry-words.ts'
import { layoutTimeline } from './timeline-layout.ts'
import { TimelinePicture } from './timeline-picture.tsx'
import type { TaskView } from './use-task.ts'

const MOVES_MS = 1_000
const STANDS_MS = 60_000

type TimelineCardProps = {
  video: Video
  timeline: TaskView['timeline']
  deliveries: readonly WebhookDelivery[]
}

export function TimelineCard({ video, timeline, deliveries }: TimelineCardProps): ReactElement {
  const nowMs = useNow(isTerminalStatus(video.status) ? STANDS_MS : MOVES_MS)
  const entries = timeline.data ?? []
  const layout = layoutTimeline({ entries, deliveries, now: nowMs / 1_000 })
  return (
    <Card title="Timeline">
      {timeline.error === null ? null : (
        <ErrorNote error={timeline.error} onRetry={() => void timeline.refetch()} />
      )}
      {timeline.isPending ? <Loading what="the timeline" /> : null}
      {layout === undefined ? null : <TimelinePicture layout={layout} />}
      {entries.length === 0 ? null : <Events entries={entries} />}
    </Card>
  )
}

function Events({ entries }: { entries: readonly TimelineEntry[] }): ReactElement {
  const start = entries[0]?.at ?? 0
  return (
    <details className="mt-4 text-sm">
      <summary className="font-medium">{entries.length} events, in words</summary>
      <ol aria-label="Events" className="mt-3 flex flex-col">
        {entries.map((entry) => {
          const { title, detail } = entryWords(entry)
          return (
            <li key={entry.seq} className="grid grid-cols-[5.5rem_minmax(0,1fr)] border-t border-line py-1.5">
              <time
                dateTime={new Date(entry.at * 1_000).toISOString()}
                title={formatDateTime(entry.at)}
                className="text-xs leading-5 text-muted tabular-nums"
              >
                + {formatSpan(entry.at - start)}
              </time>
              <span className="min-w-0 break-words">
                {title}
                {detail === null ? null : (
                  <span className="block text-xs break-all text-muted">{detail}</span>
                )}
              </span>
            </li>
          )
        })}
      </ol>
    </details>
  )
}
