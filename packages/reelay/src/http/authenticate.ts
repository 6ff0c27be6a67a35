import type { ApiKey, KeyScope } from '../store/store.ts'
import type { Awaitable } from '../system/awaitable.ts'
import { hashOfKey } from '../system/hash-of-key.ts'
import { administersGateway } from './administers.ts'
import { ApiError } from './api-error.ts'
import { clientAddressOf } from './client-address.ts'
import type { Access, Exchange, HttpBindings } from './exchange.ts'
import { tooManyFailures } from './limit-answer.ts'
import { openSession, sessionCookieOf, type SessionToken } from './session-cookie.ts'
import { requireOwnPage } from './session-origin.ts'

const BEARER = /^bearer +(\S{1,512}) *$/i

/** The secret that an Authorization header bears. */
export const bearerOf = (authorization: string): string | undefined => BEARER.exec(authorization)?.[1]

function secretOf(headers: Headers, azureAlias: boolean): string | undefined {
  const authorization = headers.get('authorization')
  if (authorization !== null) return bearerOf(authorization)
  if (!azureAlias) return undefined
  return headers.get('api-key') ?? headers.get('x-api-key') ?? undefined
}

/**
 * The dashboard session that a request relies on: only where it names no key itself.
 * @throws ApiError `cross_site_request`
 */
export function sessionOf({ request, shared }: Exchange): SessionToken | undefined {
  const { headers } = request
  const token = headers.has('authorization') ? undefined : sessionCookieOf(headers.get('cookie'))
  if (token === undefined) return undefined
  const session = openSession(shared.sessions, token, shared.clock.nowMs())
  if (session !== undefined) requireOwnPage(request, shared.settings.publicUrl)
  return session
}

/**
 * The live key that a request names, or that its session stands for.
 * @throws ApiError `cross_site_request`
 */
export function keyOf(exchange: Exchange): Awaitable<ApiKey | undefined> {
  const { request, shared } = exchange
  const secret = secretOf(request.headers, shared.settings.azureAlias)
  const hash = secret === undefined ? sessionOf(exchange)?.keyHash : hashOfKey(secret)
  return hash === undefined ? undefined : shared.store.findKey(hash)
}

/**
 * The key of a request. Why a key is refused is in the log, and not in the answer: whoever guesses learns nothing.
 * @throws ApiError `invalid_api_key`; `rate_limit_exceeded` in its place when the address fails too often
 */
export async function authenticate(exchange: Exchange): Promise<ApiKey> {
  const key = await keyOf(exchange)
  return key ?? refuseKey(exchange, secretOf(exchange.request.headers, exchange.shared.settings.azureAlias))
}

/**
 * Refuses a request without a live key, and counts it against its address.
 * @throws ApiError `invalid_api_key`; `rate_limit_exceeded` in its place when the address fails too often
 */
export async function refuseKey(exchange: Exchange, secret: string | undefined): Promise<never> {
  const waitMs = countFailure(exchange)
  if (waitMs > 0) throw tooManyFailures(waitMs)
  await logRefusal(exchange, secret)
  const message =
    secret === undefined
      ? 'Send your API key as "Authorization: Bearer <key>". In the dashboard, sign in again.'
      : 'This API key is not known here, was revoked, or has expired. Check the key and the address.'
  throw new ApiError('invalid_api_key', message, { headers: { 'www-authenticate': 'Bearer realm="reelay"' } })
}

/** 0 where nobody can tell who is connected. */
function countFailure({ context, request, shared }: Exchange): number {
  // Whoever mounts `fetch` may pass no bindings at all.
  const { env }: { env: HttpBindings | undefined } = context
  const address = clientAddressOf({
    peer: env?.incoming?.socket.remoteAddress,
    forwardedFor: request.headers.get('x-forwarded-for'),
    proxies: shared.settings.trustedProxies,
  })
  return address === undefined ? 0 : shared.failures.take(address)
}

async function logRefusal({ requestId, shared }: Exchange, secret: string | undefined): Promise<void> {
  const key = secret === undefined ? undefined : await shared.store.findDeadKey(hashOfKey(secret))
  const reason =
    secret === undefined
      ? 'missing'
      : key === undefined
        ? 'unknown'
        : key.revokedAtMs === null
          ? 'expired'
          : 'revoked'
  shared.log.info({ request: requestId, keyId: key?.id, reason }, 'a request without a valid key was refused')
}

/** The admin scope includes the others. */
export const hasScope = (key: ApiKey, scope: KeyScope): boolean =>
  key.scopes.includes(scope) || key.scopes.includes('admin')

/** Why the key may not do this; undefined when it may. */
export function refusalOf(key: ApiKey, access: Exclude<Access, 'open'>): ApiError | undefined {
  const scope = access === 'gateway' ? 'admin' : access
  if (!hasScope(key, scope)) {
    return insufficient(scope, `This API key lacks the scope "${scope}". Use a key that has it.`)
  }
  if (access !== 'gateway' || administersGateway(key)) return undefined
  const message =
    'This API key administers its own project only. Use a key of the project "default" with the scope "admin": ' +
    'it administers the whole gateway.'
  return insufficient(scope, message)
}

const insufficient = (scope: KeyScope, message: string): ApiError =>
  new ApiError('insufficient_scope', message, {
    headers: { 'www-authenticate': `Bearer realm="reelay", error="insufficient_scope", scope="${scope}"` },
  })
