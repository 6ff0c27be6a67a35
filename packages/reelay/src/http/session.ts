import { z } from 'zod'
import type { ApiKey } from '../store/store.ts'
import { hashOfKey } from '../system/hash-of-key.ts'
import { touchKey } from './access.ts'
import { administersGateway } from './administers.ts'
import { refuseKey, sessionOf } from './authenticate.ts'
import { jsonAnswer, type Exchange } from './exchange.ts'
import { readJson } from './read-json.ts'
import { clearSessionCookies, sealSession, SESSION_MS, setSessionCookie } from './session-cookie.ts'
import { isOverHttps, requireOwnPage } from './session-origin.ts'
import { unixSeconds } from './unix-seconds.ts'

const KEY_CHARACTERS_MAX = 512

const bodySchema = z.strictObject({ key: z.string().min(1).max(KEY_CHARACTERS_MAX) })

const SIGNED_OUT = { object: 'session', signed_in: false } as const

const viewSession = (key: ApiKey, expiresAtMs: number): Record<string, unknown> => ({
  object: 'session',
  signed_in: true,
  key: {
    id: key.id,
    name: key.name,
    project: key.projectId,
    scopes: key.scopes,
    administers_gateway: administersGateway(key),
  },
  expires_at: unixSeconds(expiresAtMs),
})

function answer(body: Record<string, unknown>, cookies: readonly string[]): Response {
  const response = jsonAnswer(body, { 'cache-control': 'no-store', vary: 'cookie' })
  for (const cookie of cookies) response.headers.append('set-cookie', cookie)
  return response
}

/**
 * `POST /session`: a browser gives an API key once, and has a cookie from then on that stands for it. The cookie lives no
 * longer than the key, and has its scopes.
 */
export async function createSession(exchange: Exchange): Promise<Response> {
  const { shared, request } = exchange
  const { publicUrl } = shared.settings
  // Else another site could sign a browser in with a key of its own, and see what its user does.
  requireOwnPage(request, publicUrl)
  const { key: secret } = await readJson(exchange, bodySchema)
  const keyHash = hashOfKey(secret)
  const key = await shared.store.findKey(keyHash)
  if (key === undefined) return refuseKey(exchange, secret)
  exchange.key = key
  touchKey(shared, key.id)
  const nowMs = shared.clock.nowMs()
  const expiresAtMs = Math.min(nowMs + SESSION_MS, key.expiresAtMs ?? Infinity)
  const seconds = Math.max(0, Math.floor((expiresAtMs - nowMs) / 1_000))
  const sealed = sealSession(shared.sessions, { keyHash, expiresAtMs })
  const cookie = setSessionCookie(sealed, seconds, isOverHttps(request, publicUrl))
  return answer(viewSession(key, expiresAtMs), [cookie])
}

/** `GET /session`: who is signed in. Nobody is no error: the page asks before it knows. */
export async function readSession(exchange: Exchange): Promise<Response> {
  const token = sessionOf(exchange)
  const key = token === undefined ? undefined : await exchange.shared.store.findKey(token.keyHash)
  if (token === undefined || key === undefined) return answer(SIGNED_OUT, [])
  exchange.key = key
  return answer(viewSession(key, token.expiresAtMs), [])
}

/** `DELETE /session`: the browser forgets its cookie. Whoever copied it before keeps it until it ends, or its key does. */
export function endSession({ request, shared }: Exchange): Response {
  requireOwnPage(request, shared.settings.publicUrl)
  return answer(SIGNED_OUT, clearSessionCookies())
}
