import { isRecord, numberOf, recordOf, textOf, type JsonRecord } from '../json.ts'
import { videoFromObject, type ReceivedVideo } from '../video-from-answer.ts'
import { isTerminalStatus, type VideoError, type VideoStatus } from '../wire.ts'
import { parseJsonBytes } from './parse-json-bytes.ts'
import { SEQUENCE_OF_STATUS, statusOfType, typeOfStatus, type VideoEvent } from './video-event.ts'
import { WebhookVerificationError } from './webhook-verification-error.ts'

export type SignedBody = { id: string; body: Uint8Array; receivedAtMs: number }

/**
 * Reads a verified body: Reelay's full and thin payloads, and the ones of OpenAI, which have only the id.
 * @throws WebhookVerificationError `invalid_body`, `unknown_event`
 */
export function eventFromWebhook({ id, body, receivedAtMs }: SignedBody): VideoEvent {
  const payload = parseJsonBytes(body)
  if (!isRecord(payload)) {
    throw new WebhookVerificationError(
      'invalid_body',
      'The signature is good and the body is no JSON object: point only video webhooks at this URL',
    )
  }
  const facts = { id, signed: true, confirmed: false, receivedAtMs, raw: body }
  const data = recordOf(payload['data'])
  if (payload['type'] === 'webhook.test') {
    return { ...facts, type: 'webhook.test', taskId: null, message: textOf(data['message']) }
  }
  const status = statusOfType(payload['type'])
  const taskId = textOf(payload['task_id']) ?? textOf(data['task_id']) ?? textOf(data['id'])
  if (status === null || taskId === null) throw unknownEvent(payload)
  const video = textOf(data['status']) === null ? null : videoFromObject(data)
  return {
    ...facts,
    type: typeOfStatus(status),
    taskId,
    status,
    progress: progressOf(payload, video, status),
    sequence: numberOf(payload['sequence']) ?? SEQUENCE_OF_STATUS[status],
    videoUrl:
      status === 'completed'
        ? (textOf(recordOf(payload['result'])['video_url']) ?? video?.video_url ?? null)
        : null,
    video,
    error:
      isTerminalStatus(status) && status !== 'completed' ? errorOf(payload['error'], video, status) : null,
  }
}

function unknownEvent(payload: JsonRecord): WebhookVerificationError {
  const type = textOf(payload['type'])?.slice(0, 80) ?? 'none'
  return new WebhookVerificationError(
    'unknown_event',
    `The event type "${type}" is none that this version of @reelay/sdk knows, or it names no task: update the package, or narrow the endpoint's event filter`,
  )
}

function progressOf(payload: JsonRecord, video: ReceivedVideo | null, status: VideoStatus): number {
  if (status === 'completed') return 100
  const percent = numberOf(payload['progress']) ?? video?.progress ?? 0
  return Math.min(Math.max(Math.floor(percent), 0), 99)
}

// A thin payload says that the task failed and not why.
function errorOf(value: unknown, video: ReceivedVideo | null, status: VideoStatus): VideoError | null {
  if (!isRecord(value)) return video?.error ?? null
  const type = value['type']
  const byStatus = status === 'error' ? 'gateway_error' : 'provider_error'
  return {
    code: textOf(value['code']) ?? status,
    message: textOf(value['message']) ?? 'The server gives no reason',
    type:
      type === 'provider_error' || type === 'gateway_error' || type === 'invalid_request_error'
        ? type
        : byStatus,
    param: textOf(value['param']),
  }
}
