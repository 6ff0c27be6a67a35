import type { Task } from './task.ts'
import { wireStatus, type WireStatus } from './wire-status.ts'

/** What an application is told about a task: one event per status that it reaches. */
export type VideoEventType = `video.${WireStatus}`

export const VIDEO_EVENT_TYPES: readonly VideoEventType[] = [
  'video.queued',
  'video.in_progress',
  'video.completed',
  'video.failed',
  'video.error',
]

/** The events that end a task: what a `callback_url` gets, and an endpoint that names no events. */
export const TERMINAL_EVENT_TYPES: readonly VideoEventType[] = [
  'video.completed',
  'video.failed',
  'video.error',
]

/** The order in which a task's events happen, so that a receiver can drop one that arrives late. */
const SEQUENCE: Readonly<Record<WireStatus, number>> = {
  queued: 1,
  in_progress: 2,
  completed: 3,
  failed: 3,
  error: 3,
}

export type VideoEvent = {
  /** The same for every retry and every endpoint, and the same if it is made again: receivers tell copies by it. */
  id: string
  type: VideoEventType
  sequence: number
}

/** The event of the status that a task has now, as its own key's profile sees it. */
export function videoEventOf(task: Pick<Task, 'id' | 'state' | 'providerWaits' | 'profile'>): VideoEvent {
  const status = wireStatus(task.state, task.providerWaits, task.profile)
  return {
    id: `evt_${task.id.slice(task.id.indexOf('_') + 1)}_${status}`,
    type: `video.${status}`,
    sequence: SEQUENCE[status],
  }
}

/** What of a task an event must show as it was then, not as it is when the event is sent. */
export type TaskSnapshot = Pick<Task, 'state' | 'providerWaits' | 'progress'>

export const snapshotOf = ({ state, providerWaits, progress }: Task): TaskSnapshot => ({
  state,
  providerWaits,
  progress,
})
