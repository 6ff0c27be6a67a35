import type { DeliveryStatus } from '@reelay/sdk'

/** What the deliveries are narrowed to; null: everything. Kept in the address, so that it can be shared. */
export type DeliveryFilters = {
  status: DeliveryStatus | null
  /** Ids. */
  endpoint: string | null
  video: string | null
}

export const DELIVERY_STATUSES: readonly DeliveryStatus[] = ['pending', 'delivered', 'exhausted', 'cancelled']

export const ALL_DELIVERIES: DeliveryFilters = { status: null, endpoint: null, video: null }

export const deliveryFiltersOf = (query: URLSearchParams): DeliveryFilters => ({
  status: DELIVERY_STATUSES.find((status) => status === query.get('status')) ?? null,
  endpoint: query.get('endpoint') || null,
  video: query.get('video') || null,
})

export function deliveryQueryOf({ status, endpoint, video }: DeliveryFilters): URLSearchParams {
  const query = new URLSearchParams()
  if (status !== null) query.set('status', status)
  if (endpoint !== null) query.set('endpoint', endpoint)
  if (video !== null) query.set('video', video)
  return query
}

export const isNarrowed = ({ status, endpoint, video }: DeliveryFilters): boolean =>
  status !== null || endpoint !== null || video !== null
