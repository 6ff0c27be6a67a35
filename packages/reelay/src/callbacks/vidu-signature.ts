import { createHmac } from 'node:crypto'
import type { RawCallback } from '../providers/provider.ts'
import { isRecentMs } from './is-recent.ts'
import { isSameText } from './is-same-text.ts'
import type { SignatureVerdict } from './signature-verdict.ts'

const ACCESS_KEY = 'vidu'
const ALGORITHM = 'hmac-sha256'
const SIGNED_HEADERS_MAX = 16

/**
 * A signature over the address and some headers, made with the API key. It leaves the body out: whoever has caught one
 * callback may send any body with its headers for five minutes. The address is the one that was registered; the one that
 * was called counts too, since the public URL may have changed since.
 */
export function viduVerdict({ headers, urls }: RawCallback, apiKey: string, nowMs: number): SignatureVerdict {
  const signature = headers['x-hmac-signature']
  const algorithm = headers['x-hmac-algorithm'] ?? ALGORITHM
  if (signature === undefined || algorithm.toLowerCase() !== ALGORITHM) return 'unsigned'
  const date = headers['date'] ?? ''
  if (!isRecentMs(Date.parse(date), nowMs)) return 'forged'
  const names = (headers['x-hmac-signed-headers'] ?? '').split(';').filter((name) => name !== '')
  if (names.length > SIGNED_HEADERS_MAX) return 'forged'
  const signed = names.map((name) => `${name}:${headers[name.toLowerCase()] ?? ''}\n`).join('')
  const isGood = urls.some((text) => {
    const url = URL.parse(text)
    if (url === null) return false
    const lines = ['POST', url.pathname, url.search.slice(1), ACCESS_KEY, date, signed]
    return isSameText(signature, createHmac('sha256', apiKey).update(lines.join('\n')).digest('base64'))
  })
  return isGood ? 'trusted' : 'forged'
}
