import type { DeliveryPage } from '@reelay/sdk'
import { useInfiniteQuery, type InfiniteData, type UseInfiniteQueryResult } from '@tanstack/react-query'
import { useApi } from '../../api/api-context.tsx'
import { queryKeys } from '../../api/query-keys.ts'
import type { DeliveryFilters } from './delivery-filters.ts'
import { deliveryPace } from './delivery-pace.ts'

const PAGE_SIZE = 25
/** New ones come by themselves. */
const QUIET_MS = 20_000

/** The project's deliveries that fit, page by page, the newest first. */
export function useDeliveries(filters: DeliveryFilters): UseInfiniteQueryResult<InfiniteData<DeliveryPage>> {
  const api = useApi()
  const { status, endpoint, video } = filters
  return useInfiniteQuery({
    queryKey: [...queryKeys.allDeliveries, status ?? '', endpoint ?? '', video ?? ''],
    queryFn: ({ pageParam, signal }): Promise<DeliveryPage> =>
      api.deliveries.list({
        limit: PAGE_SIZE,
        after: pageParam === '' ? undefined : pageParam,
        status: status ?? undefined,
        endpoint: endpoint ?? undefined,
        video: video ?? undefined,
        signal,
      }),
    initialPageParam: '',
    getNextPageParam: (page) => (page.has_more ? (page.last_id ?? undefined) : undefined),
    refetchInterval: ({ state }) =>
      deliveryPace(state.data?.pages.flatMap(({ data }) => data) ?? [], Date.now()) || QUIET_MS,
  })
}
