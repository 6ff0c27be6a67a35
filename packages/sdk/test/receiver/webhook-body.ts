import type { VideoStatus } from '../../src/wire.ts'

const SEQUENCES: Record<VideoStatus, number> = {
  queued: 1,
  in_progress: 2,
  completed: 3,
  failed: 3,
  error: 3,
}

export type BodyOptions = { taskId?: string; status?: VideoStatus; payload?: 'full' | 'thin' }

/** An event as a gateway sends it. */
export function webhookBody(options: BodyOptions = {}): string {
  const { taskId = 'video_1', status = 'completed', payload = 'full' } = options
  const video_url = 'https://gateway.test/v1/videos/video_1/content?sig=x'
  const isCompleted = status === 'completed'
  const error = { code: 'content_policy', message: 'Refused', type: 'provider_error', param: null }
  const hasFailed = status === 'failed' || status === 'error'
  const full = {
    result: isCompleted ? { video_url } : null,
    error: hasFailed ? error : null,
    data: {
      id: taskId,
      task_id: taskId,
      object: 'video',
      model: 'local/preview',
      status,
      progress: isCompleted ? 100 : 40,
      created_at: 1_790_000_000,
      ...(isCompleted ? { video_url } : {}),
      error: hasFailed ? error : null,
    },
  }
  return JSON.stringify({
    id: eventId(taskId, status),
    object: 'event',
    created_at: 1_790_000_000,
    timestamp: '2026-09-21T14:13:20.000Z',
    type: `video.${status}`,
    task_id: taskId,
    status,
    progress: isCompleted ? 100 : 40,
    sequence: SEQUENCES[status],
    ...(payload === 'full' ? full : { data: { id: taskId } }),
  })
}

export const eventId = (taskId: string, status: VideoStatus): string =>
  `evt_${taskId.replace('video_', '')}_${status}`

export const testEventBody = (): string =>
  JSON.stringify({
    id: 'evt_test1',
    object: 'event',
    created_at: 1_790_000_000,
    timestamp: '2026-09-21T14:13:20.000Z',
    type: 'webhook.test',
    task_id: null,
    status: null,
    progress: null,
    sequence: 0,
    result: null,
    error: null,
    data: { message: 'Hello' },
  })
