import { createHmac } from 'node:crypto'
import type { Outgoing } from './callback-rules.ts'
import type { Secrets } from './secrets.ts'

/** The secret is the text after `whsec_`, as base64. */
function signatureOf(secret: string, message: string): string {
  const key = Buffer.from(secret.replace(/^whsec_/u, ''), 'base64')
  return `v1,${createHmac('sha256', key).update(message).digest('base64')}`
}

/**
 * The headers of Standard Webhooks: what is signed is the id, the time in seconds and the bytes.
 * While secrets are being changed there are two signatures in one header.
 */
export function signStandardWebhook(
  { id, timestampMs, body, isRotating }: Outgoing,
  secrets: Secrets,
): Readonly<Record<string, string>> {
  const seconds = String(Math.floor(timestampMs / 1000))
  const message = `${id}.${seconds}.${body.toString('utf8')}`
  const keys = isRotating ? [secrets.hmac, secrets.previous.hmac] : [secrets.hmac]
  return {
    'webhook-id': id,
    'webhook-timestamp': seconds,
    'webhook-signature': keys.map((key) => signatureOf(key, message)).join(' '),
  }
}
