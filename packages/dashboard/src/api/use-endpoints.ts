import type { WebhookEndpoint } from '@reelay/sdk'
import { useQuery, type UseQueryResult } from '@tanstack/react-query'
import { useApi } from './api-context.tsx'
import { queryKeys } from './query-keys.ts'

const REREAD_MS = 5_000

/** The addresses that the project's webhooks go to, and how they fare. */
export function useEndpoints(): UseQueryResult<WebhookEndpoint[]> {
  const api = useApi()
  return useQuery({
    queryKey: queryKeys.endpoints,
    queryFn: ({ signal }) => api.endpoints.list({ signal }),
    refetchInterval: REREAD_MS,
  })
}
