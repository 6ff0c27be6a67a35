import type { DeliveryStatus } from '@reelay/sdk'
import type { ReactElement } from 'react'
import { Badge, type Tone } from '../../ui/badge.tsx'

const LOOKS: Readonly<Record<DeliveryStatus, { label: string; tone: Tone }>> = {
  pending: { label: 'Pending', tone: 'waiting' },
  delivered: { label: 'Delivered', tone: 'good' },
  exhausted: { label: 'Exhausted', tone: 'bad' },
  cancelled: { label: 'Cancelled', tone: 'plain' },
}

export const deliveryLabel = (status: DeliveryStatus): string => LOOKS[status].label

export function DeliveryBadge({ status }: { status: DeliveryStatus }): ReactElement {
  const { label, tone } = LOOKS[status]
  return <Badge tone={tone}>{label}</Badge>
}
