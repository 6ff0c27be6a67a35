import type { DeliveryAttempt as WireAttempt, WebhookDelivery } from '@reelay/sdk'
import type { Delivery, DeliveryAttempt } from '../store/webhook-store.ts'
import { unixSeconds } from './unix-seconds.ts'

/** A delivery as its project sees it. */
export const deliveryObject = (delivery: Delivery): WebhookDelivery => ({
  id: delivery.id,
  object: 'webhook_delivery',
  event_id: delivery.eventId,
  type: delivery.type,
  sequence: delivery.sequence,
  video: delivery.taskId,
  endpoint: delivery.endpointId,
  url: delivery.url,
  status: delivery.state,
  attempts: delivery.attempts,
  next_attempt_at: delivery.state === 'pending' ? unixSeconds(delivery.dueAtMs) : null,
  created_at: unixSeconds(delivery.createdAtMs),
  ended_at: unixSeconds(delivery.endedAtMs),
})

/** One request that was made for a delivery. */
export const attemptObject = (attempt: DeliveryAttempt): WireAttempt => ({
  n: attempt.n,
  at: unixSeconds(attempt.atMs),
  latency_ms: attempt.latencyMs,
  status_code: attempt.status,
  error: attempt.error,
  response_body: attempt.responseBody,
})
