import { createHmac } from 'node:crypto'
import type { RawCallback } from '../providers/provider.ts'
import { isRecent } from './is-recent.ts'
import { isSameText } from './is-same-text.ts'
import type { SignatureVerdict } from './signature-verdict.ts'

const SIGNATURE_CHARACTERS_MAX = 256

/**
 * A signature over the time and the bytes, as `t=<Unix seconds>,v1=<hex>`, with the secret of a workspace. A workspace that
 * has one signs everything: with it at hand, what bears no signature is not the provider's.
 */
export function openrouterVerdict(
  { headers, body }: RawCallback,
  secret: string | undefined,
  nowMs: number,
): SignatureVerdict {
  if (secret === undefined) return 'unsigned'
  const given = headers['x-openrouter-signature'] ?? ''
  if (given.length > SIGNATURE_CHARACTERS_MAX) return 'forged'
  const parts = given.split(',').map((part) => part.trim())
  const valueOf = (name: string): string =>
    parts.find((part) => part.startsWith(name))?.slice(name.length) ?? ''
  const seconds = valueOf('t=')
  if (!isRecent(seconds, nowMs)) return 'forged'
  const expected = createHmac('sha256', secret).update(`${seconds},`).update(body).digest('hex')
  return isSameText(valueOf('v1='), expected) ? 'trusted' : 'forged'
}
