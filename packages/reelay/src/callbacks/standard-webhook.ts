import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import type { RawCallback } from '../providers/provider.ts'
import { isRecent } from './is-recent.ts'
import { isSameText } from './is-same-text.ts'
import type { SignatureVerdict } from './signature-verdict.ts'

const PREFIX = 'whsec_'
const KEY_BYTES_MIN = 16
/** A sender that rotates its secret signs with two for a while; nobody needs more. */
const SIGNATURES_MAX = 16
const SECRETS_MAX = 4

/** The secrets in a setting: one, or several with commas between them while the provider rotates. */
export const webhookSecretsIn = (setting: string | undefined): readonly string[] =>
  (setting ?? '')
    .split(',')
    .map((secret) => secret.trim())
    .filter((secret) => secret !== '')

/** What is wrong with such a setting, without repeating it; undefined when nothing is. */
export function webhookSecretsFault(setting: string): string | undefined {
  const secrets = webhookSecretsIn(setting)
  if (secrets.length === 0) return 'is blank'
  if (secrets.length > SECRETS_MAX) return `must have at most ${SECRETS_MAX} secrets`
  return secrets.every((secret) => keyOf(secret) !== null)
    ? undefined
    : 'must be whsec_ and base64, as the provider shows it; several with commas between them'
}

/** Those of the settings, of which there are a few: making one costs more than signing with it. */
const keys = new Map<string, KeyObject | null>()
const KEYS_MAX = 100

function keyOf(secret: string): KeyObject | null {
  const known = keys.get(secret)
  if (known !== undefined) return known
  const key = readKey(secret)
  if (keys.size >= KEYS_MAX) keys.clear()
  keys.set(secret, key)
  return key
}

function readKey(secret: string): KeyObject | null {
  const text = secret.slice(PREFIX.length)
  if (!secret.startsWith(PREFIX) || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return null
  const key = Buffer.from(text, 'base64')
  return key.byteLength < KEY_BYTES_MIN ? null : createSecretKey(key)
}

/**
 * A signature as the Standard Webhooks specification 1.0.0 has it, over the bytes as they came. The provider signs everything
 * that it sends: with a secret at hand, what bears no signature is not the provider's.
 */
export function standardWebhookVerdict(
  { headers, body }: RawCallback,
  secrets: readonly string[],
  nowMs: number,
): SignatureVerdict {
  const signers = secrets.flatMap((secret) => keyOf(secret) ?? [])
  if (signers.length === 0) return 'unsigned'
  const id = headers['webhook-id']
  const timestamp = headers['webhook-timestamp'] ?? ''
  if (id === undefined || !isRecent(timestamp, nowMs)) return 'forged'
  const given = (headers['webhook-signature'] ?? '').split(' ', SIGNATURES_MAX)
  const isGood = signers.some((key) => {
    const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64')
    return given.some((signature) => isSameText(signature, `v1,${expected}`))
  })
  return isGood ? 'trusted' : 'forged'
}
