import { createHash, timingSafeEqual } from 'node:crypto'
import { admit } from './admit.ts'
import { ApiError } from './api-error.ts'
import type { Exchange, HttpBindings } from './exchange.ts'

const BEARER = /^bearer +(\S{1,512}) *$/i
const LOOPBACK_ADDRESSES = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1'])
const LOOPBACK_NAMES = new Set(['127.0.0.1', '[::1]', 'localhost'])
/** What proxies add: whoever asks through one may be anywhere. */
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'] as const

/**
 * `GET /metrics`: the figures of this process, for Prometheus.
 * @throws ApiError as for any route of the gateway's administrators, except with the token, or on loopback
 */
export async function metrics(exchange: Exchange): Promise<Response> {
  if (!isLocal(exchange) && !hasToken(exchange)) await requireAdministrator(exchange)
  const { contentType, text } = await exchange.shared.metrics()
  return new Response(text, { headers: { 'content-type': contentType, 'cache-control': 'no-store' } })
}

/** On this machine, by its own name, and not through a proxy: a page in a browser here cannot make itself look so. */
function isLocal({ context, request, shared }: Exchange): boolean {
  if (!shared.settings.metrics.isOpen) return false
  // Whoever mounts `fetch` may pass no bindings at all.
  const { env }: { env: HttpBindings | undefined } = context
  return (
    LOOPBACK_ADDRESSES.has(env?.incoming?.socket.remoteAddress ?? '') &&
    LOOPBACK_NAMES.has(new URL(request.url).hostname) &&
    FORWARDED.every((name) => !request.headers.has(name))
  )
}

function hasToken({ request, shared }: Exchange): boolean {
  const { token } = shared.settings.metrics
  const given = BEARER.exec(request.headers.get('authorization') ?? '')?.[1]
  return token !== null && given !== undefined && timingSafeEqual(digestOf(given), digestOf(token))
}

/** Of one length, so that comparing tells nothing of it. */
const digestOf = (secret: string): Buffer => createHash('sha256').update(secret).digest()

async function requireAdministrator(exchange: Exchange): Promise<void> {
  try {
    await admit(exchange, 'gateway', 'read')
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'invalid_api_key') throw error
    const message =
      'The metrics need "Authorization: Bearer …" with REELAY_METRICS_TOKEN as it is set for this gateway, or with an ' +
      'API key of the project "default" that has the scope "admin".'
    throw new ApiError('invalid_api_key', message, { headers: error.headers })
  }
}
