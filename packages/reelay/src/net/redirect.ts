import type { Answer, Hop } from './exchange.ts'

/**
 * What may follow a redirect to another origin. A list of what is harmless, since a credential can be in
 * any header.
 */
const HARMLESS_HEADERS = new Set([
  'accept',
  'accept-language',
  'cache-control',
  'content-type',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'range',
  'user-agent',
])

/** Where an answer redirects to, as it was sent; undefined when it is no redirect. */
export function locationOf(answer: Answer): string | undefined {
  return [301, 302, 303, 307, 308].includes(answer.status) ? answer.headers.get('location') : undefined
}

function becomesGet(status: number, method: string): boolean {
  if (status === 303) return method !== 'HEAD' && method !== 'GET'
  return (status === 301 || status === 302) && method === 'POST'
}

/** The request that follows a redirect from `hop` to `url`, by the rules that browsers follow. */
export function followRedirect(hop: Hop, status: number, url: URL): Hop {
  const toGet = becomesGet(status, hop.method)
  const sameOrigin = url.origin === hop.url.origin
  const headers = Object.entries(hop.headers).filter(([name]) => {
    const known = name.toLowerCase()
    if (toGet && known.startsWith('content-')) return false
    return sameOrigin || HARMLESS_HEADERS.has(known)
  })
  return {
    url,
    method: toGet ? 'GET' : hop.method,
    headers: Object.fromEntries(headers),
    body: toGet ? undefined : hop.body,
  }
}
