import { isTerminalStatus, type TimelineEntry, type Video, type WebhookDelivery } from '@reelay/sdk'
import { useQuery, useQueryClient, type UseQueryResult } from '@tanstack/react-query'
import { useEffect } from 'react'
import { useApi } from '../../api/api-context.tsx'
import type { LiveEvent } from '../../api/live-event.ts'
import { queryKeys } from '../../api/query-keys.ts'
import { useEventStream } from '../../api/use-event-stream.ts'
import { mergeEntry } from './merge-entry.ts'

export type TaskView = {
  video: UseQueryResult<Video>
  timeline: UseQueryResult<TimelineEntry[]>
  /** The newest hundred. */
  deliveries: UseQueryResult<WebhookDelivery[]>
}

const DELIVERIES_MAX = 100
/** While a webhook is on its way: it goes on after the video has ended. */
const PENDING_MS = 3_000

/** One video with all that is known of it, up to date as long as it is shown. */
export function useTask(id: string): TaskView {
  const api = useApi()
  const video = useQuery({
    queryKey: queryKeys.video(id),
    queryFn: ({ signal }): Promise<Video> => api.videos.retrieve(id, { signal }),
  })
  const deliveries = useQuery({
    queryKey: queryKeys.deliveries(id),
    queryFn: async ({ signal }) => (await api.videos.deliveries(id, { limit: DELIVERIES_MAX, signal })).data,
    refetchInterval: ({ state }) => (isPending(state.data) ? PENDING_MS : false),
  })
  const timeline = useQuery({
    queryKey: queryKeys.timeline(id),
    queryFn: ({ signal }) => api.videos.timeline(id, { signal }),
    refetchInterval: isPending(deliveries.data) ? PENDING_MS : false,
  })
  useLive(id, video.data !== undefined && !isTerminalStatus(video.data.status))
  return { video, timeline, deliveries }
}

const isPending = (deliveries: readonly WebhookDelivery[] | undefined): boolean =>
  deliveries?.some(({ status }) => status === 'pending') === true

/** Keeps the task's answers up to date: by its stream, or by asking where there is none. */
function useLive(id: string, isUnderWay: boolean): void {
  const api = useApi()
  const queries = useQueryClient()
  const onEvent = (event: LiveEvent): void => {
    if (event.type === 'video') queries.setQueryData(queryKeys.video(id), event.video)
    else if (event.type === 'deleted') void queries.invalidateQueries({ queryKey: queryKeys.video(id) })
    else {
      queries.setQueryData<TimelineEntry[]>(queryKeys.timeline(id), (entries) =>
        entries === undefined ? entries : mergeEntry(entries, event.entry),
      )
    }
  }
  const stream = useEventStream({ path: isUnderWay ? `/v1/videos/${id}/events` : null, onEvent })
  const mustAsk = isUnderWay && stream === 'unavailable'
  useEffect(() => {
    if (!mustAsk) return undefined
    const leaving = new AbortController()
    const wait = api.videos.wait(id, {
      signal: leaving.signal,
      timeoutMs: Infinity,
      onProgress: (video) => {
        queries.setQueryData<Video>(queryKeys.video(id), video)
        void queries.invalidateQueries({ queryKey: queryKeys.timeline(id) })
      },
    })
    wait.catch(() => {
      // Left, signed out, or deleted: the query tells which when it is read again.
      if (!leaving.signal.aborted) void queries.invalidateQueries({ queryKey: queryKeys.video(id) })
    })
    return () => leaving.abort()
  }, [api, queries, id, mustAsk])
  useEffect(() => {
    if (!isUnderWay) return undefined
    // At the end: the last of the timeline, and the webhooks that the end has made.
    return () => {
      void queries.invalidateQueries({ queryKey: queryKeys.timeline(id) })
      void queries.invalidateQueries({ queryKey: queryKeys.deliveries(id) })
    }
  }, [queries, id, isUnderWay])
}
