import { VIDEO_STATUSES, type Video, type VideoStatus } from '@reelay/sdk'

/** What the gallery is narrowed to; null: everything. Kept in the address, so that it can be shared and survives a reload. */
export type Filters = { status: VideoStatus | null; model: string | null }

export const filtersOf = (query: URLSearchParams): Filters => ({
  status: VIDEO_STATUSES.find((status) => status === query.get('status')) ?? null,
  model: query.get('model') || null,
})

export function queryOf({ status, model }: Filters): URLSearchParams {
  const query = new URLSearchParams()
  if (status !== null) query.set('status', status)
  if (model !== null) query.set('model', model)
  return query
}

export const isNarrowed = ({ status, model }: Filters): boolean => status !== null || model !== null

export const fits = ({ status, model }: Filters, video: Video): boolean =>
  (status === null || status === video.status) && (model === null || model === video.model)
