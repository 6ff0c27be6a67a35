import { createLocalJWKSet, errors, jwtVerify, type JWTPayload } from 'jose'
import type { JsonWebKey } from 'node:crypto'
import type { RawCallback } from '../providers/provider.ts'
import type { PublicKeys } from './public-keys.ts'
import type { SignatureVerdict } from './signature-verdict.ts'

const TOKEN = /^[\w-]+\.[\w-]+\.[\w-]+$/
const TOKEN_CHARACTERS_MAX = 8_192
/** How far the clocks of Google and of this machine may be apart. */
const TOLERANCE_SECONDS = 60

/** Whether a signature is a token, and not the signature of a Standard Webhook: those begin with `v1,`. */
export const isGoogleToken = (signature: string): boolean => TOKEN.test(signature)

export type GoogleTokenChecks = {
  keys: PublicKeys
  /** Whom the token must be for, as the operator knows it; absent: the address that Google was given. */
  audience: string | undefined
  nowMs: number
}

/**
 * A token (JWT, RS256) in the place of a signature. It says who sent the callback and to whom, until when it holds, and
 * nothing of the body. Which audience Google writes into it is not documented: unless the operator has said which one to
 * expect, a token for another one proves nothing, and is no forgery either.
 */
export async function googleTokenVerdict(
  { headers, urls }: RawCallback,
  { keys, audience, nowMs }: GoogleTokenChecks,
): Promise<SignatureVerdict> {
  const token = headers['webhook-signature'] ?? ''
  if (token.length > TOKEN_CHARACTERS_MAX) return 'forged'
  const current = await keys.current()
  if (current === null) return 'unsigned'
  let payload = await payloadOf(token, current, nowMs)
  if (payload === 'unknown_key') {
    const newest = await keys.newest()
    if (newest === null) return 'unsigned'
    payload = await payloadOf(token, newest, nowMs)
  }
  if (payload === 'bad' || payload === 'unknown_key') return 'forged'
  const audiences = [payload.aud ?? []].flat()
  const expected = audience ?? urls[0] ?? ''
  if (audiences.includes(expected)) return 'trusted'
  return audience === undefined ? 'unsigned' : 'forged'
}

async function payloadOf(
  token: string,
  published: readonly JsonWebKey[],
  nowMs: number,
): Promise<JWTPayload | 'bad' | 'unknown_key'> {
  const keys = published.flatMap(({ kty, kid, n, e }) =>
    kty === 'RSA' && typeof kid === 'string' && typeof n === 'string' && typeof e === 'string'
      ? [{ kty, kid, n, e, alg: 'RS256' }]
      : [],
  )
  try {
    const { payload } = await jwtVerify(token, createLocalJWKSet({ keys }), {
      algorithms: ['RS256'],
      requiredClaims: ['aud', 'exp'],
      clockTolerance: TOLERANCE_SECONDS,
      currentDate: new Date(nowMs),
    })
    return payload
  } catch (error) {
    return error instanceof errors.JWKSNoMatchingKey ? 'unknown_key' : 'bad'
  }
}
