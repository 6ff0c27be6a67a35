import { numberOf, textOf, type JsonRecord } from './json.ts'
import type { WebhookSecret } from './webhook-wire.ts'

/** Null for what is no signing secret. */
export function readSecret(value: JsonRecord): WebhookSecret | null {
  const secret = textOf(value['secret'])
  if (secret === null) return null
  return {
    object: 'webhook_secret',
    secret,
    created_at: numberOf(value['created_at']) ?? 0,
    expires_at: numberOf(value['expires_at']),
  }
}
