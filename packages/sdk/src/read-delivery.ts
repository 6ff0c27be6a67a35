import { isRecord, numberOf, textOf, type JsonRecord } from './json.ts'
import {
  isEventType,
  type DeliveryAttempt,
  type DeliveryStatus,
  type WebhookDelivery,
} from './webhook-wire.ts'

const STATUSES: readonly DeliveryStatus[] = ['pending', 'delivered', 'exhausted', 'cancelled']

/** Null for what is no delivery. */
export function readDelivery(value: JsonRecord): WebhookDelivery | null {
  const id = textOf(value['id'])
  const type = value['type']
  const status = STATUSES.find((known) => known === value['status'])
  if (id === null || status === undefined || !(isEventType(type) || type === 'webhook.test')) return null
  const delivery: WebhookDelivery = {
    id,
    object: 'webhook_delivery',
    event_id: textOf(value['event_id']) ?? '',
    type,
    sequence: numberOf(value['sequence']) ?? 0,
    video: textOf(value['video']),
    endpoint: textOf(value['endpoint']),
    url: textOf(value['url']) ?? '',
    status,
    attempts: numberOf(value['attempts']) ?? 0,
    next_attempt_at: numberOf(value['next_attempt_at']),
    created_at: numberOf(value['created_at']) ?? 0,
    ended_at: numberOf(value['ended_at']),
  }
  if (!Array.isArray(value['attempts_log'])) return delivery
  const log: readonly unknown[] = value['attempts_log']
  return { ...delivery, attempts_log: log.filter(isRecord).map(readAttempt) }
}

const readAttempt = (value: JsonRecord): DeliveryAttempt => ({
  n: numberOf(value['n']) ?? 0,
  at: numberOf(value['at']) ?? 0,
  latency_ms: numberOf(value['latency_ms']) ?? 0,
  status_code: numberOf(value['status_code']),
  error: textOf(value['error']),
  response_body: textOf(value['response_body']),
})
