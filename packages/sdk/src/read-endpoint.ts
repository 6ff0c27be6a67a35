import { numberOf, recordOf, textOf, textsOf, type JsonRecord } from './json.ts'
import { isEventType, type WebhookEndpoint } from './webhook-wire.ts'

const REASONS = ['manual', 'gone', 'failing'] as const

/** Null for what is no endpoint. */
export function readEndpoint(value: JsonRecord): WebhookEndpoint | null {
  const id = textOf(value['id'])
  const url = textOf(value['url'])
  if (id === null || url === null) return null
  const health = recordOf(value['health'])
  const endpoint: WebhookEndpoint = {
    id,
    object: 'webhook_endpoint',
    url,
    description: textOf(value['description']),
    events: textsOf(value['events']).filter(isEventType),
    payload: value['payload'] === 'thin' ? 'thin' : 'full',
    enabled: value['enabled'] !== false,
    disabled_reason: REASONS.find((reason) => reason === value['disabled_reason']) ?? null,
    health: {
      failures: numberOf(health['failures']) ?? 0,
      failing_since: numberOf(health['failing_since']),
      paused_until: numberOf(health['paused_until']),
    },
    created_at: numberOf(value['created_at']) ?? 0,
  }
  const secret = textOf(value['secret'])
  return secret === null ? endpoint : { ...endpoint, secret }
}
