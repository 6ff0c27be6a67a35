import type { ErrorEnvelope } from '@reelay/sdk'

/** Whose key this browser is signed in with. */
export type SignedIn = {
  keyId: string
  keyName: string
  project: string
  scopes: readonly string[]
  /** Whether the key looks after the whole gateway, and not only after its own project. */
  administersGateway: boolean
  /** Unix seconds. */
  expiresAt: number
}

/** Null: nobody is signed in. */
export type Session = SignedIn | null

/** Sent with everything that the page asks: pages of other origins cannot add it. */
export const PAGE_HEADER: Readonly<Record<string, string>> = { 'x-reelay-dashboard': '1' }

const PATH = '/session'

/** A refusal in the gateway's own words. */
class SessionRefused extends Error {
  override readonly name = 'SessionRefused'
}

export async function readSession(signal: AbortSignal): Promise<Session> {
  return sessionOf(await ask({ method: 'GET', signal }))
}

/** The key leaves this page here, once. What comes back is a cookie that no script can read. */
export async function signIn(apiKey: string): Promise<Session> {
  return sessionOf(await ask({ method: 'POST', body: JSON.stringify({ key: apiKey }) }))
}

export async function signOut(): Promise<void> {
  await ask({ method: 'DELETE' })
}

async function ask(init: RequestInit): Promise<unknown> {
  const headers = { ...PAGE_HEADER, 'content-type': 'application/json' }
  const response = await fetch(PATH, { ...init, headers, credentials: 'same-origin' })
  const body: unknown = await response.json().catch(() => null)
  if (response.ok) return body
  throw new SessionRefused(messageOf(body) ?? `The gateway answered ${response.status}.`)
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

const isErrorEnvelope = (value: unknown): value is ErrorEnvelope =>
  isObject(value) && isObject(value['error']) && typeof value['error']['message'] === 'string'

const messageOf = (body: unknown): string | null => (isErrorEnvelope(body) ? body.error.message : null)

function sessionOf(body: unknown): Session {
  if (!isObject(body) || body['signed_in'] !== true || !isObject(body['key'])) return null
  const { id, name, project, scopes, administers_gateway: administersGateway } = body['key']
  return {
    keyId: String(id),
    keyName: String(name),
    project: String(project),
    scopes: Array.isArray(scopes) ? scopes.map(String) : [],
    administersGateway: administersGateway === true,
    expiresAt: Number(body['expires_at']),
  }
}
