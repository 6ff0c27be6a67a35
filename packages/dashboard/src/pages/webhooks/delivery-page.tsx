import type { DeliveryAttempt, WebhookDelivery } from '@reelay/sdk'
import { useQuery } from '@tanstack/react-query'
import type { ReactElement } from 'react'
import { Link, useParams } from 'wouter'
import { useApi } from '../../api/api-context.tsx'
import { queryKeys } from '../../api/query-keys.ts'
import { formatDateTime, formatSpan } from '../../format.ts'
import { Badge } from '../../ui/badge.tsx'
import { Card } from '../../ui/card.tsx'
import { DetailsList, type Detail } from '../../ui/details-list.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Loading } from '../../ui/loading.tsx'
import { PageTitle } from '../../ui/page-title.tsx'
import { Table, type Column } from '../../ui/table.tsx'
import { DeliveryBadge } from './delivery-badge.tsx'
import { deliveryPace } from './delivery-pace.ts'
import { ResendButton } from './resend-button.tsx'

/** One webhook, with every attempt to deliver it. */
export function DeliveryPage(): ReactElement {
  const { id = '' } = useParams()
  const api = useApi()
  const delivery = useQuery({
    queryKey: queryKeys.delivery(id),
    queryFn: ({ signal }) => api.deliveries.retrieve(id, { signal }),
    refetchInterval: ({ state }) =>
      state.data === undefined ? false : deliveryPace([state.data], Date.now()),
  })
  const { data } = delivery
  return (
    <>
      <Link
        href="/webhooks"
        className="mb-3 inline-flex items-center gap-1.5 text-sm text-muted no-underline hover:text-ink"
      >
        <Icon name="back" />
        All webhooks
      </Link>
      <PageTitle
        title="Delivery"
        about={
          <span className="flex flex-wrap items-center gap-2">
            {data === undefined ? null : <DeliveryBadge status={data.status} />}
            <code className="font-mono text-xs break-all">{id}</code>
          </span>
        }
        actions={data === undefined ? null : <ResendButton delivery={data} />}
      />
      {delivery.error === null ? null : (
        <ErrorNote error={delivery.error} onRetry={() => void delivery.refetch()} />
      )}
      {delivery.isPending ? <Loading what="the delivery" /> : null}
      {data === undefined ? null : (
        <div className="grid gap-5 lg:grid-cols-[minmax(0,1fr)_22rem]">
          <Attempts delivery={data} />
          <Card title="Delivery" className="self-start">
            <DetailsList details={detailsOf(data)} />
          </Card>
        </div>
      )}
    </>
  )
}

function Attempts({ delivery }: { delivery: WebhookDelivery }): ReactElement {
  const attempts = delivery.attempts_log ?? []
  return (
    <Card title="Attempts" className="min-w-0 self-start">
      {attempts.length === 0 ? (
        <p className="text-sm text-muted">
          {delivery.status === 'pending' ? 'The first one is about to be made.' : 'None was made.'}
        </p>
      ) : (
        <Table
          caption="Attempts, the oldest first"
          rows={attempts}
          keyOf={({ n }) => String(n)}
          columns={COLUMNS}
        />
      )}
    </Card>
  )
}

const COLUMNS: readonly Column<DeliveryAttempt>[] = [
  { title: '#', cell: ({ n }) => n, isNumber: true },
  { title: 'When', cell: ({ at }) => <span className="whitespace-nowrap">{formatDateTime(at)}</span> },
  {
    title: 'Answer',
    cell: ({ status_code: code, error }) => (
      <Badge tone={error === null ? 'good' : 'bad'}>{code === null ? 'none' : code}</Badge>
    ),
  },
  {
    title: 'Took',
    cell: ({ latency_ms: latencyMs }) => (
      <span className="whitespace-nowrap">{formatSpan(latencyMs / 1_000)}</span>
    ),
    isNumber: true,
  },
  {
    title: 'What it said',
    cell: ({ error, response_body: body }) => (
      <div className="min-w-48">
        {error === null ? null : <p className="break-words">{error}</p>}
        {body === null || body === '' ? null : (
          <pre className="mt-1 max-h-40 overflow-y-auto rounded bg-raised p-2 text-xs break-words whitespace-pre-wrap">
            {body}
          </pre>
        )}
      </div>
    ),
  },
]

const code = (text: string): ReactElement => <code className="font-mono text-xs break-all">{text}</code>

function detailsOf(delivery: WebhookDelivery): Detail[] {
  const { video, next_attempt_at: nextAt, ended_at: endedAt } = delivery
  const details: [string, Detail['value']][] = [
    ['Event', code(delivery.type)],
    ['To', code(delivery.url)],
    [
      'Endpoint',
      delivery.endpoint === null ? 'none: the callback_url of the request' : code(delivery.endpoint),
    ],
    [
      'Video',
      video === null ? null : (
        <Link href={`/videos/${video}`} className="text-accent">
          {code(video)}
        </Link>
      ),
    ],
    ['Event id', code(delivery.event_id)],
    ['Created', formatDateTime(delivery.created_at)],
    ['Next attempt', nextAt === null ? null : formatDateTime(nextAt)],
    ['Ended', endedAt === null ? null : formatDateTime(endedAt)],
  ]
  return details.flatMap(([label, value]): Detail[] => (value === null ? [] : [{ label, value }]))
}
