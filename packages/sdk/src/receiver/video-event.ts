import type { ReceivedVideo } from '../video-from-answer.ts'
import { VIDEO_STATUSES, type VideoError, type VideoStatus } from '../wire.ts'

export type VideoEventType = `video.${VideoStatus}`

type EventFacts = {
  /**
   * Stable: the same for every repetition, also after a restart. Of a signed event it is `webhook-id`.
   */
  id: string
  /** Verified against a secret. */
  signed: boolean
  /** Asked of the server by this program, which answered the state that the event tells. */
  confirmed: boolean
  /** When the callback arrived, or when polling found the state. */
  receivedAtMs: number
  /** The body as it arrived; when polling found the state, the server's answer. */
  raw: Uint8Array
}

/** What happened to one task, whatever the sender's own format. */
export type VideoTaskEvent = EventFacts & {
  type: VideoEventType
  taskId: string
  status: VideoStatus
  /** Whole percent. */
  progress: number
  /** 1 queued, 2 in progress, 3 ended. */
  sequence: number
  /**
   * Null unless completed, and even then for a server that hands out no link: `client.videos.download(taskId)`
   * reads the file in every case.
   */
  videoUrl: string | null
  /** The whole task object, where the sender or the server told it. */
  video: ReceivedVideo | null
  /** Why a task that ended as failed or error did so. */
  error: VideoError | null
}

/** Sent on request, to see whether webhooks arrive. */
export type WebhookTestEvent = EventFacts & { type: 'webhook.test'; taskId: null; message: string | null }

export type VideoEvent = VideoTaskEvent | WebhookTestEvent

export const SEQUENCE_OF_STATUS: Readonly<Record<VideoStatus, number>> = {
  queued: 1,
  in_progress: 2,
  completed: 3,
  failed: 3,
  error: 3,
}

export const typeOfStatus = (status: VideoStatus): VideoEventType => `video.${status}`

/** Null for a type that is none of a video. */
export const statusOfType = (type: unknown): VideoStatus | null =>
  VIDEO_STATUSES.find((status) => typeOfStatus(status) === type) ?? null
