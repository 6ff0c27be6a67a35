import type { WebhookEndpoint } from '@reelay/sdk'
import type { ReactElement } from 'react'
import { formatDateTime } from '../../format.ts'
import { Badge } from '../../ui/badge.tsx'
import { DetailsList } from '../../ui/details-list.tsx'
import { EndpointActions } from './endpoint-actions.tsx'
import { endpointHealth } from './endpoint-health.ts'

const ALL_EVENTS = 5

/** One address that hears of the project's videos. */
export function EndpointCard({
  endpoint,
  nowMs,
}: {
  endpoint: WebhookEndpoint
  nowMs: number
}): ReactElement {
  const { label, tone, about } = endpointHealth(endpoint, nowMs)
  const headingId = `heading-${endpoint.id}`
  return (
    <article
      aria-labelledby={headingId}
      className="flex h-full flex-col gap-3 rounded-xl border border-line bg-surface p-4"
    >
      <header className="flex items-start justify-between gap-3">
        <div className="min-w-0">
          <h3 id={headingId} className="font-mono text-sm font-semibold break-all">
            {endpoint.url}
          </h3>
          {endpoint.description === null ? null : (
            <p className="mt-0.5 text-sm break-words text-muted">{endpoint.description}</p>
          )}
        </div>
        <Badge tone={tone}>{label}</Badge>
      </header>
      {about === null ? null : <p className="rounded-lg bg-raised px-3 py-2 text-sm">{about}</p>}
      <DetailsList
        details={[
          { label: 'Told of', value: eventsOf(endpoint) },
          {
            label: 'Sent',
            value: endpoint.payload === 'thin' ? 'ids only (thin)' : 'the whole video (full)',
          },
          { label: 'Created', value: formatDateTime(endpoint.created_at) },
          { label: 'Id', value: <code className="font-mono text-xs break-all">{endpoint.id}</code> },
        ]}
      />
      <EndpointActions endpoint={endpoint} />
    </article>
  )
}

const eventsOf = ({ events }: WebhookEndpoint): string =>
  events.length === ALL_EVENTS
    ? 'everything'
    : events.map((event) => event.replace('video.', '').replace('_', ' ')).join(', ')
