import type { ReceivedVideo } from '../video-from-answer.ts'
import { SEQUENCE_OF_STATUS, typeOfStatus, type VideoTaskEvent } from './video-event.ts'

/** The event that a server's own answer amounts to. */
export function eventFromVideo(
  video: ReceivedVideo,
  facts: { taskId: string; receivedAtMs: number; raw: Uint8Array | null },
): VideoTaskEvent {
  const { status } = video
  return {
    // As a Reelay gateway names the event of this state, so that both ways to learn of it agree.
    id: `evt_${facts.taskId.replace(/^video_/, '')}_${status}`,
    type: typeOfStatus(status),
    taskId: facts.taskId,
    status,
    progress: video.progress,
    sequence: SEQUENCE_OF_STATUS[status],
    videoUrl: video.video_url ?? null,
    video,
    error: video.error,
    signed: false,
    confirmed: true,
    receivedAtMs: facts.receivedAtMs,
    raw: facts.raw ?? new TextEncoder().encode(JSON.stringify(video.raw)),
  }
}
