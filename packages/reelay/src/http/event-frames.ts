import type { TimelineEntry } from '../store/store.ts'
import { timelineEntry } from './timeline-entry.ts'

/** How long a client waits before it comes back, in milliseconds. */
const RETRY_MS = 2_000

/** The beginning of every stream. */
export const OPENING: string = `retry: ${RETRY_MS}\n\n`

/** A line that says nothing. */
export const HEARTBEAT: string = ': still here\n\n'

/** JSON has no line breaks of its own, so one line of data is enough. */
const frame = (event: string, id: string, json: string): string =>
  `event: ${event}\nid: ${id}\ndata: ${json}\n\n`

export const videoFrame = (id: string, json: string): string => frame('video', id, json)

export const deletedFrame = (id: string, videoId: string): string =>
  frame('deleted', id, JSON.stringify({ id: videoId, object: 'video.deleted', deleted: true }))

export const timelineFrame = (entry: TimelineEntry): string =>
  frame('timeline', String(entry.seq), JSON.stringify(timelineEntry(entry)))

/** Moves the place to go on from, without an event. */
export const placeFrame = (id: string): string => `id: ${id}\n\n`
