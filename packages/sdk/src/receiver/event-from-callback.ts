import { eventFromWebhook } from './event-from-webhook.ts'
import { readCallback } from './read-callback.ts'
import { ReceiverError } from './receiver-error.ts'
import type { StoredCallback } from './receiver-store.ts'
import { SEQUENCE_OF_STATUS, typeOfStatus, type VideoEvent } from './video-event.ts'

/**
 * The event in a stored callback: verified when it was signed, or what it claims.
 * @throws ReceiverError `unknown_event`, `unreadable_callback`
 */
export function eventFromCallback(callback: StoredCallback): VideoEvent {
  const { webhookId } = callback
  if (webhookId === null) return eventFromClaim(callback)
  try {
    return eventFromWebhook({ id: webhookId, body: callback.body, receivedAtMs: callback.receivedAtMs })
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : 'The signed body cannot be read'
    throw new ReceiverError('unknown_event', message, { callbackKey: callback.key, cause })
  }
}

function eventFromClaim({ key, body, receivedAtMs }: StoredCallback): VideoEvent {
  const { taskId, status, videoUrl } = readCallback(body)
  if (taskId === null || status === null) {
    throw new ReceiverError(
      'unreadable_callback',
      'The callback names no task or no status: read its body from the store with callbackKey',
      { taskId, callbackKey: key },
    )
  }
  const isCompleted = status === 'completed'
  const hasFailed = status === 'failed' || status === 'error'
  return {
    id: `evt_${taskId.replace(/^video_/, '')}_${status}`,
    type: typeOfStatus(status),
    taskId,
    status,
    progress: isCompleted ? 100 : 0,
    sequence: SEQUENCE_OF_STATUS[status],
    videoUrl: isCompleted ? videoUrl : null,
    video: null,
    error: hasFailed
      ? {
          code: status,
          message: 'The callback gives no reason in a known form: see raw',
          type: 'provider_error',
          param: null,
        }
      : null,
    signed: false,
    confirmed: false,
    receivedAtMs,
    raw: body,
  }
}
