import type { z } from 'zod'
import type { Exchange } from './exchange.ts'
import { declaredBytes } from './read-body.ts'
import { readJson } from './read-json.ts'

/**
 * The same as `readJson`, for a route that can do without a body.
 * @param absent what no body means
 * @throws ApiError naming the first field that does not fit
 */
export async function readOptionalJson<T>(exchange: Exchange, schema: z.ZodType<T>, absent: T): Promise<T> {
  const { headers } = exchange.request
  const isAbsent =
    !headers.has('content-type') && !headers.has('transfer-encoding') && (declaredBytes(headers) ?? 0) === 0
  return isAbsent ? absent : readJson(exchange, schema)
}
