import type { VideoPage } from '@reelay/sdk'
import {
  useInfiniteQuery,
  useQueryClient,
  type InfiniteData,
  type UseInfiniteQueryResult,
} from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { useApi } from '../../api/api-context.tsx'
import type { LiveEvent } from '../../api/live-event.ts'
import { holdsVideo, mergeVideo, removeVideo, type VideoPages } from '../../api/merge-video.ts'
import { queryKeys } from '../../api/query-keys.ts'
import { useEventStream } from '../../api/use-event-stream.ts'
import { fits, type Filters } from './filters.ts'

const PAGE_SIZE = 24
/** Where there is no stream. */
const POLL_MS = 3_000
/** Many may begin at once: the list is then read again once. */
const REREAD_MS = 400

/** The videos that fit, page by page, and up to date as long as they are shown. */
export function useVideos(filters: Filters): UseInfiniteQueryResult<InfiniteData<VideoPage>> {
  const api = useApi()
  const queries = useQueryClient()
  const rereading = useRef<ReturnType<typeof setTimeout> | null>(null)
  const reread = (): void => {
    rereading.current ??= setTimeout(() => {
      rereading.current = null
      void queries.invalidateQueries({ queryKey: queryKeys.videos })
    }, REREAD_MS)
  }
  useEffect(
    () => () => {
      if (rereading.current !== null) clearTimeout(rereading.current)
      rereading.current = null
    },
    [],
  )
  const onEvent = (event: LiveEvent): void => {
    if (event.type === 'timeline') return
    let isShown = false
    queries.setQueriesData<VideoPages>({ queryKey: queryKeys.videos }, (pages) => {
      if (pages === undefined) return pages
      if (event.type === 'deleted') return removeVideo(pages, event.id)
      isShown ||= holdsVideo(pages, event.video.id)
      return mergeVideo(pages, event.video)
    })
    if (event.type === 'video' && !isShown && fits(filters, event.video)) reread()
  }
  const stream = useEventStream({ path: '/v1/events', onEvent, onResumed: reread })
  return useInfiniteQuery({
    queryKey: [...queryKeys.videos, filters.status ?? '', filters.model ?? ''],
    queryFn: ({ pageParam, signal }): Promise<VideoPage> =>
      api.videos.list({
        limit: PAGE_SIZE,
        after: pageParam === '' ? undefined : pageParam,
        status: filters.status ?? undefined,
        model: filters.model ?? undefined,
        signal,
      }),
    initialPageParam: '',
    getNextPageParam: (page) => (page.has_more ? (page.last_id ?? undefined) : undefined),
    refetchInterval: stream === 'unavailable' ? POLL_MS : false,
  })
}
