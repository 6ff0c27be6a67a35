import { VIDEO_STATUSES, type TimelineEntry, type Video } from '@reelay/sdk'

/** What the gateway's event streams tell, once it has been looked at. */
export type LiveEvent =
  | { type: 'video'; video: Video }
  | { type: 'timeline'; entry: TimelineEntry }
  | { type: 'deleted'; id: string }

export const LIVE_EVENT_TYPES: readonly LiveEvent['type'][] = ['video', 'timeline', 'deleted']

type Fields = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null

const isVideo = (value: unknown): value is Video =>
  isObject(value) &&
  typeof value['id'] === 'string' &&
  typeof value['model'] === 'string' &&
  VIDEO_STATUSES.some((status) => status === value['status']) &&
  typeof value['progress'] === 'number' &&
  typeof value['created_at'] === 'number' &&
  (value['error'] === null || isObject(value['error']))

const isEntry = (value: unknown): value is TimelineEntry =>
  isObject(value) &&
  typeof value['seq'] === 'number' &&
  typeof value['at'] === 'number' &&
  typeof value['type'] === 'string' &&
  isObject(value['data'])

/** Null for what cannot be read: the next look at the task tells the same. */
export function readLiveEvent(type: string, data: unknown): LiveEvent | null {
  const value = typeof data === 'string' ? jsonOf(data) : undefined
  if (type === 'video' && isVideo(value)) return { type, video: value }
  if (type === 'timeline' && isEntry(value)) return { type, entry: value }
  if (type === 'deleted' && isObject(value) && typeof value['id'] === 'string')
    return { type, id: value['id'] }
  return null
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
