import type { IdempotentUse, InsertOutcome } from '../store/store.ts'
import { ApiError } from './api-error.ts'
import { projectOf, type Exchange } from './exchange.ts'

/** A request that may carry an `Idempotency-Key`: each route has keys of its own. */
export type Keyed = { route: string; key: string | null }

/**
 * Two requests with one key at a time would both be read in full before the database could tell them apart.
 * @throws ApiError `request_in_progress`
 */
export function holdKey(exchange: Exchange, { route, key }: Keyed): () => void {
  if (key === null) return () => {}
  const { uploading } = exchange.shared
  const held = `${projectOf(exchange)} ${route} ${key}`
  if (uploading.has(held)) {
    const message = 'A request with this Idempotency-Key is still being received. Send it again in a second.'
    throw new ApiError('request_in_progress', message, { headers: { 'retry-after': '1' } })
  }
  uploading.add(held)
  return () => uploading.delete(held)
}

/** What the key was used for before; undefined when there is none, or when it is free. */
export const earlierUseOf = async (
  exchange: Exchange,
  { route, key }: Keyed,
): Promise<IdempotentUse | undefined> =>
  key === null ? undefined : exchange.shared.store.findIdempotent(projectOf(exchange), route, key)

/**
 * Asked before anything is done that a repeated request does not need, such as fetching its inputs. The insert has the final
 * word.
 */
export async function replayOf(
  exchange: Exchange,
  keyed: Keyed,
  fingerprint: string,
): Promise<(InsertOutcome & { kind: 'replayed' | 'key_reused' }) | undefined> {
  const earlier = await earlierUseOf(exchange, keyed)
  if (earlier === undefined) return undefined
  if (earlier.fingerprint !== fingerprint) return { kind: 'key_reused' }
  const task = await exchange.shared.store.findTask(projectOf(exchange), earlier.taskId)
  return { kind: 'replayed', by: 'key', task, replayId: null }
}
