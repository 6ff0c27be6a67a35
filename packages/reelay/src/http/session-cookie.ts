import type { Vault } from '../system/vault.ts'
import { VaultLocked } from '../system/vault.ts'

/** How long a sign-in lasts. Its key may end earlier, and takes it along. */
export const SESSION_MS: number = 12 * 3_600_000

/** The browser itself refuses the first name unless the cookie came over HTTPS, for this host and the whole of it. */
const NAMES = ['__Host-reelay_session', 'reelay_session'] as const
const PURPOSE = 'dashboard session'
const CHARACTERS_MAX = 512

export type SessionToken = { keyHash: string; expiresAtMs: number }

/** What the cookie holds: the key's hash, which a session is worth as much as, and nothing that opens the API. */
export const sealSession = (sessions: Vault, { keyHash, expiresAtMs }: SessionToken): string =>
  sessions.seal(`${expiresAtMs} ${keyHash}`, PURPOSE)

/** Undefined for a token that was not sealed here, and for one that is over. */
export function openSession(sessions: Vault, sealed: string, nowMs: number): SessionToken | undefined {
  const match = /^(\d{1,15}) ([0-9a-f]{64})$/.exec(openedOr(sessions, sealed))
  if (match === null) return undefined
  const [, expires = '', keyHash = ''] = match
  const expiresAtMs = Number(expires)
  return nowMs < expiresAtMs ? { keyHash, expiresAtMs } : undefined
}

function openedOr(sessions: Vault, sealed: string): string {
  try {
    return sessions.open(sealed, PURPOSE)
  } catch (error) {
    if (error instanceof VaultLocked) return ''
    throw error
  }
}

/** The token in a Cookie header; the one that came over HTTPS wins. */
export function sessionCookieOf(header: string | null): string | undefined {
  if (header === null) return undefined
  const cookies = new Map(
    header.split(';').map((pair): [string, string] => {
      const [name = '', ...value] = pair.split('=')
      return [name.trim(), value.join('=').trim()]
    }),
  )
  const token = NAMES.map((name) => cookies.get(name)).find((value) => value !== undefined)
  return token === undefined || token.length > CHARACTERS_MAX ? undefined : token
}

/** @param isSecure whether the browser is connected over HTTPS, maybe to a proxy in front */
export function setSessionCookie(sealed: string, seconds: number, isSecure: boolean): string {
  const name = isSecure ? NAMES[0] : NAMES[1]
  return `${name}=${sealed}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`
}

/** Both, because nobody knows which one the browser has. */
export const clearSessionCookies = (): readonly string[] => [
  `${NAMES[0]}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict; Secure`,
  `${NAMES[1]}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict`,
]
