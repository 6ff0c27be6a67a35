import type { DeliveryStatus, WebhookDelivery } from '@reelay/sdk'
import type { ReactElement } from 'react'
import { formatDateTime } from '../../format.ts'
import { Card } from '../../ui/card.tsx'
import { classNames } from '../../ui/class-names.ts'
import { Table, type Column } from '../../ui/table.tsx'

const LOOKS: Readonly<Record<DeliveryStatus, string>> = {
  pending: 'text-waiting',
  delivered: 'text-good',
  exhausted: 'text-bad',
  cancelled: 'text-muted',
}

const COLUMNS: readonly Column<WebhookDelivery>[] = [
  { title: 'Event', cell: ({ type }) => <span className="font-mono text-xs">{type}</span> },
  {
    title: 'To',
    cell: ({ url }) => <span className="block min-w-48 font-mono text-xs break-all">{url}</span>,
  },
  {
    title: 'Status',
    cell: ({ status }) => <span className={classNames('font-medium', LOOKS[status])}>{status}</span>,
  },
  { title: 'Attempts', cell: ({ attempts }) => attempts, isNumber: true },
  { title: 'Next or ended', cell: whenOf },
]

/** Who was told of this video. */
export function DeliveriesCard({
  deliveries,
}: {
  deliveries: readonly WebhookDelivery[]
}): ReactElement | null {
  if (deliveries.length === 0) return null
  return (
    <Card title="Webhooks">
      <Table caption="Webhooks of this video" rows={deliveries} keyOf={({ id }) => id} columns={COLUMNS} />
    </Card>
  )
}

function whenOf({ ended_at: endedAt, next_attempt_at: nextAt }: WebhookDelivery): string {
  const at = endedAt ?? nextAt
  return at === null ? '' : formatDateTime(at)
}
