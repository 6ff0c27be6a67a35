import type { VideoStatus } from '@reelay/sdk'
import type { ReactElement } from 'react'
import { Badge, type Tone } from './badge.tsx'

const LOOKS: Readonly<Record<VideoStatus, { label: string; tone: Tone }>> = {
  queued: { label: 'Queued', tone: 'waiting' },
  in_progress: { label: 'In progress', tone: 'busy' },
  completed: { label: 'Completed', tone: 'good' },
  failed: { label: 'Failed', tone: 'bad' },
  error: { label: 'Error', tone: 'bad' },
}

export const statusLabel = (status: VideoStatus): string => LOOKS[status].label

export function StatusBadge({ status }: { status: VideoStatus }): ReactElement {
  const { label, tone } = LOOKS[status]
  return (
    <Badge tone={tone} isPulsing={status === 'in_progress'}>
      {label}
    </Badge>
  )
}
