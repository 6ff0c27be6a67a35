import type { WebhookEndpoint } from '@reelay/sdk'
import { useState, type FormEvent, type ReactElement } from 'react'
import { Button } from '../../ui/button.tsx'
import { INPUT_CLASS } from '../../ui/field.tsx'
import { Select } from '../../ui/select.tsx'
import { deliveryLabel } from './delivery-badge.tsx'
import { ALL_DELIVERIES, DELIVERY_STATUSES, isNarrowed, type DeliveryFilters } from './delivery-filters.ts'

type DeliveryFilterBarProps = {
  filters: DeliveryFilters
  endpoints: readonly WebhookEndpoint[]
  onChange: (filters: DeliveryFilters) => void
}

const STATUSES = [
  { value: '', label: 'Every status' },
  ...DELIVERY_STATUSES.map((status) => ({ value: status, label: deliveryLabel(status) })),
]
const ID_CHARACTERS_MAX = 64

export function DeliveryFilterBar({ filters, endpoints, onChange }: DeliveryFilterBarProps): ReactElement {
  return (
    <search className="mb-4 flex flex-wrap items-center gap-2">
      <Select
        aria-label="Status"
        className="w-auto! max-sm:flex-1"
        value={filters.status ?? ''}
        choices={STATUSES}
        onChoose={(value) =>
          onChange({ ...filters, status: DELIVERY_STATUSES.find((status) => status === value) ?? null })
        }
      />
      <Select
        aria-label="Endpoint"
        className="w-auto! max-w-72 min-w-0 max-sm:flex-1"
        value={filters.endpoint ?? ''}
        choices={endpointChoices(endpoints, filters.endpoint)}
        onChoose={(value) => onChange({ ...filters, endpoint: value || null })}
      />
      <VideoFilter video={filters.video} onChange={(video) => onChange({ ...filters, video })} />
      {isNarrowed(filters) ? (
        <Button kind="quiet" icon="close" onClick={() => onChange(ALL_DELIVERIES)}>
          Clear
        </Button>
      ) : null}
    </search>
  )
}

/** An address may name an endpoint that was deleted: its deliveries are still there. */
function endpointChoices(endpoints: readonly WebhookEndpoint[], chosen: string | null) {
  const known = endpoints.map(({ id, url }) => ({ value: id, label: url }))
  const isKnown = chosen === null || known.some(({ value }) => value === chosen)
  return [
    { value: '', label: 'Every endpoint' },
    ...known,
    ...(isKnown ? [] : [{ value: chosen, label: chosen }]),
  ]
}

type VideoFilterProps = { video: string | null; onChange: (video: string | null) => void }

function VideoFilter({ video, onChange }: VideoFilterProps): ReactElement {
  const [id, setId] = useState(video ?? '')
  const apply = (event: FormEvent): void => {
    event.preventDefault()
    onChange(id.trim() || null)
  }
  return (
    <form onSubmit={apply} className="flex min-w-0 flex-1 gap-2 max-sm:basis-full sm:max-w-80">
      <input
        aria-label="Id of a video"
        className={INPUT_CLASS}
        placeholder="Of one video: video_…"
        maxLength={ID_CHARACTERS_MAX}
        spellCheck={false}
        value={id}
        onChange={(event) => setId(event.currentTarget.value)}
      />
      <Button type="submit" icon="search" aria-label="Only this video" />
    </form>
  )
}
