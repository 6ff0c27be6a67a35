import type { ApiKey } from '../store/store.ts'
import { authenticate, refusalOf } from './authenticate.ts'
import type { Access, Exchange } from './exchange.ts'
import { tooFast } from './limit-answer.ts'
import type { LimitedAct } from './rate-limiter.ts'

/**
 * Lets a request in: it has a key, may do this, and its project is not too fast. Nothing of its body has been read by then.
 * @throws ApiError `invalid_api_key`, `insufficient_scope`, `rate_limit_exceeded`
 */
export async function admit(
  exchange: Exchange,
  access: Exclude<Access, 'open'>,
  act: LimitedAct,
): Promise<ApiKey> {
  const key = await authenticate(exchange)
  // Before anything refuses it: the log says whose request it was.
  exchange.key = key
  const refusal = refusalOf(key, access)
  // A key that may not create must not use up what others of its project may create.
  const counted = refusal === undefined ? act : 'read'
  const waitMs = await exchange.shared.rates.take(key.projectId, counted)
  if (waitMs > 0) throw tooFast(counted, waitMs)
  if (refusal !== undefined) throw refusal
  return key
}
