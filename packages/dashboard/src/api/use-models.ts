import type { Model } from '@reelay/sdk'
import { useQuery, type UseQueryResult } from '@tanstack/react-query'
import { useApi } from './api-context.tsx'
import { queryKeys } from './query-keys.ts'

const FRESH_MS = 60_000

/** What can be asked for now. */
export function useModels(): UseQueryResult<Model[]> {
  const api = useApi()
  return useQuery({
    queryKey: queryKeys.models,
    queryFn: ({ signal }) => api.models.list({ signal }),
    staleTime: FRESH_MS,
  })
}
