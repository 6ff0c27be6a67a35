import type { Project } from '@reelay/sdk'
import { useQuery, type UseQueryResult } from '@tanstack/react-query'
import { useApi } from './api-context.tsx'
import { queryKeys } from './query-keys.ts'

/** The projects that the key administers. */
export function useProjects(): UseQueryResult<Project[]> {
  const api = useApi()
  return useQuery({ queryKey: queryKeys.projects, queryFn: ({ signal }) => api.projects.list({ signal }) })
}
