import type { WebhookDelivery, WebhookEndpoint } from '@reelay/sdk'
import type { ReactElement } from 'react'
import { Link } from 'wouter'
import { formatAge, formatDateTime } from '../../format.ts'
import { Button } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Loading } from '../../ui/loading.tsx'
import { Table, type Column } from '../../ui/table.tsx'
import { useAddressQuery } from '../../use-address-query.ts'
import { useNow } from '../../use-now.ts'
import { MoreButton } from '../gallery/more-button.tsx'
import { DeliveryBadge } from './delivery-badge.tsx'
import { DeliveryFilterBar } from './delivery-filter-bar.tsx'
import {
  ALL_DELIVERIES,
  deliveryFiltersOf,
  deliveryQueryOf,
  isNarrowed,
  type DeliveryFilters,
} from './delivery-filters.ts'
import { ResendButton } from './resend-button.tsx'
import { useDeliveries } from './use-deliveries.ts'

const AGES_MS = 10_000

/** What was sent, to whom, and what came of it. */
export function DeliveriesSection({ endpoints }: { endpoints: readonly WebhookEndpoint[] }): ReactElement {
  const [query, setQuery] = useAddressQuery()
  const filters = deliveryFiltersOf(query)
  const deliveries = useDeliveries(filters)
  const nowMs = useNow(AGES_MS)
  const rows = deliveries.data?.pages.flatMap(({ data }) => data) ?? []
  const change = (next: DeliveryFilters): void => setQuery(deliveryQueryOf(next))
  return (
    <section aria-labelledby="deliveries">
      <h2 id="deliveries" className="mb-3 text-base font-semibold">
        Deliveries
      </h2>
      <DeliveryFilterBar key={filters.video} filters={filters} endpoints={endpoints} onChange={change} />
      {deliveries.error === null ? null : (
        <ErrorNote error={deliveries.error} onRetry={() => void deliveries.refetch()} />
      )}
      {deliveries.isPending ? <Loading what="the deliveries" /> : null}
      {deliveries.isSuccess && rows.length === 0 ? (
        <Nothing filters={filters} onClear={() => change(ALL_DELIVERIES)} />
      ) : null}
      {rows.length === 0 ? null : (
        <div className="rounded-xl border border-line bg-surface">
          <Table
            caption="Deliveries, the newest first"
            rows={rows}
            keyOf={({ id }) => id}
            columns={columnsAt(nowMs)}
          />
        </div>
      )}
      {deliveries.hasNextPage ? (
        <MoreButton
          isLoading={deliveries.isFetchingNextPage}
          onMore={() => void deliveries.fetchNextPage()}
        />
      ) : null}
    </section>
  )
}

const columnsAt = (nowMs: number): readonly Column<WebhookDelivery>[] => [
  {
    title: 'Event',
    cell: ({ id, type }) => (
      <Link
        href={`/webhooks/deliveries/${id}`}
        className="font-mono text-xs leading-6 whitespace-nowrap text-accent"
      >
        {type}
      </Link>
    ),
  },
  { title: 'Status', cell: ({ status }) => <DeliveryBadge status={status} /> },
  {
    title: 'To',
    cell: ({ url }) => (
      <span className="block max-w-64 min-w-40 truncate font-mono text-xs leading-6" title={url}>
        {url}
      </span>
    ),
  },
  {
    title: 'Video',
    cell: ({ video }) =>
      video === null ? null : (
        <Link
          href={`/videos/${video}`}
          className="block max-w-40 truncate font-mono text-xs leading-6 text-accent"
          title={video}
        >
          {video}
        </Link>
      ),
  },
  { title: 'Attempts', cell: ({ attempts }) => attempts, isNumber: true },
  { title: 'Created', cell: ({ created_at: at }) => <Age at={at} nowMs={nowMs} /> },
  {
    title: 'Next or ended',
    cell: ({ next_attempt_at: nextAt, ended_at: endedAt }) => (
      <span className="whitespace-nowrap">
        {nextAt !== null ? formatDateTime(nextAt) : endedAt !== null ? formatDateTime(endedAt) : ''}
      </span>
    ),
  },
  { title: 'Again', cell: (delivery) => <ResendButton delivery={delivery} isSmall /> },
]

function Age({ at, nowMs }: { at: number; nowMs: number }): ReactElement {
  return (
    <time
      dateTime={new Date(at * 1_000).toISOString()}
      title={formatDateTime(at)}
      className="whitespace-nowrap"
    >
      {formatAge(at, nowMs)}
    </time>
  )
}

function Nothing({ filters, onClear }: { filters: DeliveryFilters; onClear: () => void }): ReactElement {
  if (isNarrowed(filters)) {
    return (
      <EmptyState
        icon="search"
        title="No delivery fits"
        actions={
          <Button kind="primary" onClick={onClear}>
            Show all deliveries
          </Button>
        }
      >
        No webhook of this project has the chosen status, endpoint and video.
      </EmptyState>
    )
  }
  return (
    <EmptyState icon="send" title="Nothing was sent yet">
      A webhook goes out when a video ends, to the endpoints above and to the{' '}
      <code className="font-mono text-xs">callback_url</code> that the request gave.
    </EmptyState>
  )
}
