import { invalidValue } from './api-error.ts'
import type { HttpDeps } from './deps.ts'

/**
 * The URL of an endpoint or a `callback_url`, as it is sent: without what a URL parser drops, such as line breaks, and
 * without a fragment.
 * @param param the field that it stands in
 * @throws ApiError `invalid_value` saying why, and which setting would allow it
 */
export function webhookUrl(param: string, text: string, refuse: HttpDeps['refuseCallbackUrl']): string {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol))
    throw invalidValue(param, `${param} must be an absolute http or https URL.`)
  if (hasEmptyLabel(url.hostname))
    throw invalidValue(param, `${param} has a host with nothing between two dots: check its spelling.`)
  const refusal = refuse(text)
  if (refusal !== null) throw invalidValue(param, `${param} is refused: ${refusal}`)
  url.hash = ''
  return url.href
}

/** One dot at the end is the root of all names, and no mistake. */
const hasEmptyLabel = (hostname: string): boolean => hostname.replace(/\.$/, '').split('.').includes('')
