import { createHmac } from 'node:crypto'

/** Not a real one. */
export const SECRET: string = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
export const OTHER_SECRET: string = `whsec_${Buffer.alloc(32, 8).toString('base64')}`

export type SignOptions = { id?: string; nowMs?: number; secrets?: readonly string[] }

/** The headers of a signed request, by Node's own HMAC and not by the code under test. */
export function signWebhook(body: Uint8Array | string, options: SignOptions = {}): Record<string, string> {
  const id = options.id ?? 'evt_1_completed'
  const timestamp = String(Math.floor((options.nowMs ?? Date.now()) / 1000))
  const sign = (secret: string): string =>
    createHmac('sha256', Buffer.from(secret.slice('whsec_'.length), 'base64'))
      .update(`${id}.${timestamp}.`)
      .update(body)
      .digest('base64')
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': (options.secrets ?? [SECRET]).map((secret) => `v1,${sign(secret)}`).join(' '),
  }
}
