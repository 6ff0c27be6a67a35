import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Answer } from './answer.ts'
import { headerOf, type SimulatorRequest } from './request.ts'

/** The key that a request came with, null for none, or what answers one that is wrong in itself. */
export type Identity = { readonly key: string } | { readonly refused: Answer } | null

/** How a dialect reads a key. `keys` are those that the simulator was started with; none means any will do. */
export interface Auth {
  /** Whether a request without a key is refused although the simulator was started without keys. */
  readonly isRequired: boolean
  identify(request: SimulatorRequest, keys: readonly string[], nowMs: number): Identity
}

const identity = (key: string | undefined): Identity => (key === undefined || key === '' ? null : { key })

/** `Authorization: Bearer <key>`, or another scheme: `Token`, `Key`. */
export function schemeAuth(scheme: string, isRequired = true): Auth {
  const pattern = new RegExp(`^${scheme} (?<key>\\S+)$`, 'u')
  return {
    isRequired,
    identify: (request) => identity(pattern.exec(headerOf(request, 'authorization'))?.groups?.['key']),
  }
}

/** A header of its own, such as `x-goog-api-key`; perhaps a query parameter will do as well. */
export function headerAuth(header: string, query?: string): Auth {
  return {
    isRequired: true,
    identify: (request) =>
      identity(headerOf(request, header) || (query === undefined ? '' : (request.query.get(query) ?? ''))),
  }
}

/** For servers that ask for nothing. */
export const noAuth: Auth = { isRequired: false, identify: () => null }

function claimsOf(part: string): Readonly<Record<string, unknown>> {
  try {
    const claims: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    return typeof claims === 'object' && claims !== null ? { ...claims } : {}
  } catch {
    return {}
  }
}

function isSigned(head: string, signature: string, secret: string): boolean {
  const wanted = createHmac('sha256', secret).update(head).digest()
  const given = Buffer.from(signature, 'base64url')
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}

/**
 * `Authorization: Bearer <JWT>`, signed HS256 by the caller: `iss` is the access key. The simulator's keys are
 * `access:secret`; without any, the signature cannot be checked and the times still are. A bearer that is no JWT counts
 * as a plain key.
 *
 * @param refusal what answers a token that has expired, or is not valid yet
 */
export function jwtAuth(refusal: (why: 'expired' | 'early') => Answer): Auth {
  const bearer = schemeAuth('Bearer')
  return {
    isRequired: true,
    identify: (request, keys, nowMs) => {
      const plain = bearer.identify(request, keys, nowMs)
      if (plain === null || 'refused' in plain) return plain
      const [header = '', payload = '', signature = ''] = plain.key.split('.')
      if (signature === '') return plain
      const { iss, exp, nbf } = claimsOf(payload)
      const nowSeconds = nowMs / 1000
      if (typeof exp === 'number' && exp < nowSeconds) return { refused: refusal('expired') }
      if (typeof nbf === 'number' && nbf > nowSeconds + 1) return { refused: refusal('early') }
      const access = typeof iss === 'string' ? iss : ''
      const known = keys.find((key) => key.startsWith(`${access}:`))
      if (known === undefined) return keys.length === 0 ? identity(access) : { key: `${access}:unknown` }
      const isHs256 = claimsOf(header)['alg'] === 'HS256'
      const secret = known.slice(access.length + 1)
      return isHs256 && isSigned(`${header}.${payload}`, signature, secret)
        ? { key: known }
        : { key: `${access}:forged` }
    },
  }
}
