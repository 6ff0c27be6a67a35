import { createHmac } from 'node:crypto'
import type { RawCallback } from '../providers/provider.ts'
import { formTextsOf } from './form-texts.ts'
import { isRecent } from './is-recent.ts'
import { isSameText } from './is-same-text.ts'
import type { SignatureVerdict } from './signature-verdict.ts'

/**
 * A signature over the fields of the body, written once more as a form with sorted names. How a number or a special
 * character was written there is not documented: a body with such a value that fits no way of writing it may be the
 * provider's all the same, and is `unsigned`.
 */
export function pixverseVerdict(
  { headers, body }: RawCallback,
  secret: string | undefined,
  nowMs: number,
): SignatureVerdict {
  if (secret === undefined) return 'unsigned'
  const signature = headers['webhook-signature']
  const timestamp = headers['webhook-timestamp'] ?? ''
  const nonce = headers['webhook-nonce']
  if (signature === undefined || nonce === undefined || !isRecent(timestamp, nowMs)) return 'forged'
  const forms = formTextsOf(body)
  // No object of fields: nothing that the provider sends.
  if (forms === null) return 'forged'
  const isGood = forms.texts.some((text) => {
    const expected = createHmac('sha256', secret).update(`${timestamp}\n${nonce}\n${text}`).digest('base64')
    return isSameText(signature, expected)
  })
  if (isGood) return 'trusted'
  return forms.isCertain ? 'forged' : 'unsigned'
}
