import { useEffect, useEffectEvent, useState } from 'react'
import { LIVE_EVENT_TYPES, readLiveEvent, type LiveEvent } from './live-event.ts'

/** `unavailable`: the gateway or something in front of it answers no stream, so that whoever shows it has to ask. */
export type StreamState = 'opening' | 'live' | 'unavailable'

type StreamOptions = {
  /** Null: nothing is to be followed. */
  path: string | null
  onEvent: (event: LiveEvent) => void
  /** What happened meanwhile was not told. */
  onResumed?: () => void
}

/**
 * Follows one of the gateway's event streams. The browser comes back by itself after a broken connection. While the page is
 * hidden there is no stream: browsers open six connections to a host at most, and a few forgotten tabs would take them all.
 */
export function useEventStream({ path, onEvent, onResumed }: StreamOptions): StreamState {
  const [state, setState] = useState<StreamState>('opening')
  const tell = useEffectEvent((type: string, data: unknown) => {
    const event = readLiveEvent(type, data)
    if (event !== null) onEvent(event)
  })
  const resumed = useEffectEvent(() => onResumed?.())
  useEffect(() => {
    if (path === null) return undefined
    let source: EventSource | null = null
    const close = (): void => {
      source?.close()
      source = null
    }
    const open = (): void => {
      const opened = new EventSource(path)
      source = opened
      opened.addEventListener('open', () => setState('live'))
      opened.addEventListener('error', () => {
        // Closed for good: not a stream, or a refusal. Otherwise the browser is on its way back.
        if (opened.readyState === EventSource.CLOSED) setState('unavailable')
      })
      for (const type of LIVE_EVENT_TYPES) opened.addEventListener(type, (event) => tell(type, event.data))
    }
    const followVisibility = (): void => {
      close()
      if (document.hidden) return
      open()
      resumed()
    }
    if (!document.hidden) open()
    document.addEventListener('visibilitychange', followVisibility)
    return () => {
      document.removeEventListener('visibilitychange', followVisibility)
      close()
      setState('opening')
    }
  }, [path])
  return state
}
