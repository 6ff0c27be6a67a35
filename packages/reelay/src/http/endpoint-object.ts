import type { WebhookEndpoint } from '@reelay/sdk'
import type { Endpoint, TargetHealth } from '../store/webhook-store.ts'
import { unixSeconds } from './unix-seconds.ts'

/** An endpoint as administrators see it, without its secrets. */
export const endpointObject = (endpoint: Endpoint, health: TargetHealth, nowMs: number): WebhookEndpoint => ({
  id: endpoint.id,
  object: 'webhook_endpoint',
  url: endpoint.url,
  description: endpoint.description,
  events: endpoint.events,
  payload: endpoint.payload,
  enabled: endpoint.disabledReason === null,
  disabled_reason: endpoint.disabledReason,
  health: {
    failures: health.failures,
    failing_since: unixSeconds(health.failingSinceMs),
    paused_until: unixSeconds(pausedUntil(health, nowMs)),
  },
  created_at: unixSeconds(endpoint.createdAtMs),
})

/** A pause that is over is none. */
const pausedUntil = ({ openUntilMs }: TargetHealth, nowMs: number): number | null =>
  openUntilMs !== null && openUntilMs > nowMs ? openUntilMs : null
