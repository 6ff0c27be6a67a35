import { invalidValue } from './api-error.ts'
import type { HttpDeps } from './deps.ts'

/**
 * The URL of an endpoint, checked like a `callback_url`.
 * @throws ApiError `invalid_value` saying why, and which setting would allow it
 */
export function webhookUrl(text: string, refuse: HttpDeps['refuseCallbackUrl']): string {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol))
    throw invalidValue('url', 'url must be an absolute http or https URL.')
  const refusal = refuse(text)
  if (refusal !== null) throw invalidValue('url', `url is refused: ${refusal}`)
  return plainUrl(url)
}

/** As it is sent: without what a URL parser drops or hides, such as line breaks and a fragment. */
export function plainUrl(url: URL): string {
  const plain = new URL(url)
  plain.hash = ''
  return plain.href
}
