import { bytesOfBase64 } from './base64.ts'
import { WebhookVerificationError } from './webhook-verification-error.ts'

const SECRET_BYTES_MIN = 24
const SECRETS_MAX = 10

/**
 * The keys behind `whsec_…` secrets.
 * @throws WebhookVerificationError `invalid_secret`; the message never quotes the secret
 */
export function parseSecrets(secrets: string | readonly string[]): Uint8Array<ArrayBuffer>[] {
  const list = typeof secrets === 'string' ? [secrets] : secrets
  if (list.length === 0) throw invalid('No webhook secret was given: pass the whsec_… text of the endpoint')
  if (list.length > SECRETS_MAX) {
    throw invalid(`More than ${SECRETS_MAX} webhook secrets: remove those whose rotation is over`)
  }
  return list.map(parseSecret)
}

function parseSecret(secret: string): Uint8Array<ArrayBuffer> {
  const text = typeof secret === 'string' ? secret.trim() : ''
  if (text.startsWith('whsk_') || text.startsWith('whpk_')) {
    throw invalid('This is an asymmetric key (whsk_ or whpk_): pass the symmetric secret, whsec_…')
  }
  const key = bytesOfBase64(text.replace(/^whsec_/, ''))
  if (key === null) {
    throw invalid('The webhook secret is no base64: pass the whole whsec_… text as it was shown')
  }
  if (key.length < SECRET_BYTES_MIN) {
    throw invalid(
      `The webhook secret has ${key.length} bytes: pass the whole text; at least ${SECRET_BYTES_MIN} bytes are needed`,
    )
  }
  return key
}

const invalid = (message: string): WebhookVerificationError =>
  new WebhookVerificationError('invalid_secret', message)
