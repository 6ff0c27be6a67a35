import { ApiError } from './api-error.ts'

/** Added by the dashboard to all that it asks. A page of another origin would need leave for it, which it never gets. */
const PAGE_HEADER = 'x-reelay-dashboard'

const READS: ReadonlySet<string> = new Set(['GET', 'HEAD'])

/**
 * A browser adds its cookies to whatever page asks. So a request that relies on a cookie must come from the gateway's own
 * page: by the browser's word (`Sec-Fetch-Site`, `Origin`) where it gives one, and by a header that only that page can add
 * wherever something changes.
 * @param publicUrl behind a proxy that names another host, the origin that browsers see
 * @throws ApiError `cross_site_request`
 */
export function requireOwnPage({ method, headers }: Request, publicUrl: string): void {
  const isRead = READS.has(method)
  const site = headers.get('sec-fetch-site')
  // `none`: whoever sits in front of the browser typed the address.
  if (site !== null && site !== 'same-origin' && !(isRead && site === 'none')) throw refusal()
  if (isRead) return
  const origin = headers.get('origin')
  if (!headers.has(PAGE_HEADER)) throw refusal()
  if (origin !== null && !isOwn(origin, headers.get('host'), publicUrl)) throw refusal()
}

function isOwn(origin: string, host: string | null, publicUrl: string): boolean {
  if (!URL.canParse(origin)) return false
  const given = new URL(origin)
  return given.host === host || given.origin === new URL(publicUrl).origin
}

/** Whether the browser reaches the gateway over HTTPS. A proxy may end it, so the browser's own word counts first. */
export function isOverHttps({ headers }: Request, publicUrl: string): boolean {
  return (headers.get('origin') ?? publicUrl).startsWith('https:')
}

function refusal(): ApiError {
  const message =
    'This request came with the cookie of a dashboard session, and not from the dashboard. Programs send their API key as ' +
    '"Authorization: Bearer <key>". Behind a proxy, let it pass on the Host header or set REELAY_PUBLIC_URL.'
  return new ApiError('cross_site_request', message)
}
