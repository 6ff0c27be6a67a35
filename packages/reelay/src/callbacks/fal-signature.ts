import { createHash, createPublicKey, verify, type JsonWebKey, type KeyObject } from 'node:crypto'
import type { RawCallback } from '../providers/provider.ts'
import { isRecent } from './is-recent.ts'
import type { PublicKeys } from './public-keys.ts'
import type { SignatureVerdict } from './signature-verdict.ts'

const SIGNATURE = /^[0-9a-f]{128}$/i

function keyOf({ kty, crv, x }: JsonWebKey): KeyObject | null {
  if (kty !== 'OKP' || crv !== 'Ed25519' || typeof x !== 'string') return null
  try {
    return createPublicKey({ key: { kty, crv, x }, format: 'jwk' })
  } catch {
    return null
  }
}

/** A signature (ED25519) over the request, the user, the time and a hash of the body. It does not say which key made it. */
export async function falVerdict(
  { headers, body }: RawCallback,
  keys: PublicKeys,
  nowMs: number,
): Promise<SignatureVerdict> {
  const signature = headers['x-fal-webhook-signature']
  if (signature === undefined) return 'unsigned'
  const timestamp = headers['x-fal-webhook-timestamp'] ?? ''
  if (!SIGNATURE.test(signature) || !isRecent(timestamp, nowMs)) return 'forged'
  const hash = createHash('sha256').update(body).digest('hex')
  const [request = '', user = ''] = [headers['x-fal-webhook-request-id'], headers['x-fal-webhook-user-id']]
  const message = Buffer.from([request, user, timestamp, hash].join('\n'))
  const bytes = Buffer.from(signature, 'hex')
  const isMadeBy = (published: readonly JsonWebKey[]): boolean =>
    published.some((jwk) => {
      const key = keyOf(jwk)
      return key !== null && verify(null, message, key, bytes)
    })
  const current = await keys.current()
  if (current === null) return 'unsigned'
  if (isMadeBy(current)) return 'trusted'
  // Its keys may have changed since they were asked for.
  const newest = await keys.newest()
  if (newest === null) return 'unsigned'
  return isMadeBy(newest) ? 'trusted' : 'forged'
}
