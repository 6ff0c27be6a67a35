import { textOf } from '../system/json.ts'

/** An absolute http or https URL, exactly as written, since signed links bear no change; null for everything else. */
export function httpLink(value: unknown): string | null {
  const text = textOf(value)?.trim() ?? ''
  const protocol = URL.parse(text)?.protocol
  return protocol === 'https:' || protocol === 'http:' ? text : null
}
