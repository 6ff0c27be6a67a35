import type { ReelayClient } from '../client.ts'
import type { Clock } from '../clock.ts'
import type { Activity } from './activity.ts'
import type { Lanes } from './lanes.ts'
import type { EventContext } from './receiver.ts'
import type { ReceiverError } from './receiver-error.ts'
import type { ReceiverStore, TaskRecord } from './receiver-store.ts'
import type { VideoEvent } from './video-event.ts'

/** What the parts of one receiver share. */
export type ReceiverParts = {
  store: ReceiverStore
  client: ReelayClient | null
  onEvent: (event: VideoEvent, context: EventContext) => Promise<void> | void
  report: (error: ReceiverError) => void
  confirm: 'auto' | 'always' | 'never'
  clock: Clock
  activity: Activity
  lanes: Lanes
  /** Aborts when the receiver closes. */
  stop: AbortSignal
  /** Records of events that the application has handled and the store failed to take. */
  unsaved: Map<string, TaskRecord>
}

/** `onEvent` is called so often before the event is left to `resume()`. */
export const EVENT_ATTEMPTS_MAX = 6

const EVENT_BACKOFF_MS = [1_000, 5_000, 30_000, 120_000, 600_000] as const

/** Pause after so many failed attempts, in milliseconds. */
export const eventBackoffMs = (failures: number): number =>
  EVENT_BACKOFF_MS[Math.max(failures, 1) - 1] ?? 600_000
