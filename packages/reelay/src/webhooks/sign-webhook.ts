import { createHmac } from 'node:crypto'

export type SignedMessage = {
  id: string
  /** Unix seconds, of this attempt. */
  timestamp: number
  body: string
}

const PREFIX = 'whsec_'

function signatureOf({ id, timestamp, body }: SignedMessage, secret: string): string {
  const key = Buffer.from(secret.slice(PREFIX.length), 'base64')
  return createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
}

/**
 * The headers that let a receiver tell who sent a message and when, as the Standard Webhooks specification 1.0.0 has them:
 * one signature for each secret, so that a receiver may know any of them.
 */
export function signWebhook(
  message: SignedMessage,
  secrets: readonly string[],
): Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string> {
  return {
    'webhook-id': message.id,
    'webhook-timestamp': String(message.timestamp),
    'webhook-signature': secrets.map((secret) => `v1,${signatureOf(message, secret)}`).join(' '),
  }
}
