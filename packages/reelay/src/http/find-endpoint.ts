import type { Endpoint } from '../store/webhook-store.ts'
import { ApiError } from './api-error.ts'
import { projectOf, type Exchange } from './exchange.ts'

/** The same for a missing, a deleted and a foreign id. */
export const endpointNotFound = (): ApiError =>
  new ApiError('endpoint_not_found', 'There is no endpoint with this id. GET /v1/endpoints lists them.')

/** The caller's own endpoint by the id in the path. @throws ApiError `endpoint_not_found` */
export async function findEndpoint(exchange: Exchange): Promise<Endpoint> {
  const id = exchange.context.req.param('id') ?? ''
  const endpoint = await exchange.shared.store.webhooks.findEndpoint(projectOf(exchange), id)
  if (endpoint === undefined) throw endpointNotFound()
  return endpoint
}

/** @throws ApiError `endpoint_disabled`, because nothing that is sent to it would leave */
export function requireEnabled({ id, disabledReason }: Endpoint): void {
  if (disabledReason === null) return
  const message =
    `The endpoint is disabled (${disabledReason}). ` +
    `Enable it first: PATCH /v1/endpoints/${id} with {"enabled": true}.`
  throw new ApiError('endpoint_disabled', message)
}
