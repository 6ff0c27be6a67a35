import type { Answer } from './answer.ts'
import { noAuth } from './auth.ts'
import type { Dialect } from './dialect.ts'
import type { SimulatorRequest } from './request.ts'

/** The key of a request that may go on, empty for none; or what answers one that may not. */
export type Access = { readonly key: string } | { readonly refused: Answer }

/** Looks at a request's key as the dialect reads it. Without `keys` any will do. */
export function accessOf(
  dialect: Dialect,
  request: SimulatorRequest,
  keys: readonly string[],
  nowMs: number,
): Access {
  if (dialect.auth === noAuth) return { key: '' }
  const identity = dialect.auth.identify(request, keys, nowMs)
  if (identity !== null && 'refused' in identity) return identity
  const isOpen = keys.length === 0 && !dialect.auth.isRequired
  const isGood = identity !== null && (keys.length === 0 || keys.includes(identity.key))
  if (isOpen || isGood) return { key: identity?.key ?? '' }
  const message = identity === null ? 'The key is missing.' : 'Invalid token.'
  return { refused: dialect.error({ status: 401, code: 'invalid_api_key', message }, request.path) }
}
