import { ApiError } from './api-error.ts'
import { readDashboardFiles, type DashboardFiles } from './dashboard-files.ts'
import type { Exchange, Handler } from './exchange.ts'

/** Scripts and styles from here only, and nothing inline; videos that a script has loaded may be shown. */
const DASHBOARD_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "media-src 'self' blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const HOW_TO_BUILD =
  '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Reelay</title></head><body><h1>Reelay</h1>' +
  '<p>The gateway runs. Its dashboard was not built: run <code>npm run dashboard</code> in the repository, and load this ' +
  'page again.</p><p>The API is described at <a href="/docs">/docs</a>.</p></body></html>'

/** The page at `/` and what it loads. Read at the first request, because most processes are never asked. */
export function createDashboard(directory: string): { page: Handler; asset: Handler } {
  let reading: Promise<DashboardFiles | undefined> | undefined
  const files = async (): Promise<DashboardFiles | undefined> => {
    reading ??= readDashboardFiles(directory)
    const found = await reading
    // Whoever builds it now need not start the gateway again.
    if (found === undefined) reading = undefined
    return found
  }
  return {
    page: async () => {
      const page = (await files())?.get('/')
      return new Response(page?.bytes ?? HOW_TO_BUILD, { headers: pageHeaders(page !== undefined) })
    },
    asset: async ({ context }: Exchange) => {
      const file = (await files())?.get(context.req.path)
      if (file === undefined) {
        throw new ApiError('unknown_url', 'There is no such file of the dashboard. Load the page at / again.')
      }
      return new Response(file.bytes, {
        headers: {
          'content-type': file.type,
          // Its name changes with its content.
          'cache-control': 'public, max-age=31536000, immutable',
          'cross-origin-resource-policy': 'same-origin',
        },
      })
    },
  }
}

const pageHeaders = (isBuilt: boolean): Record<string, string> => ({
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'cross-origin-resource-policy': 'same-origin',
  ...(isBuilt ? { 'content-security-policy': DASHBOARD_POLICY } : {}),
})
