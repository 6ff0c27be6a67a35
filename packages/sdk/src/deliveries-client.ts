import type { Answer } from './answer.ts'
import { jsonCall, listOf, objectOf } from './json-call.ts'
import { recordOf, textOf } from './json.ts'
import { pathOfId } from './path-of-id.ts'
import { readDelivery } from './read-delivery.ts'
import type { Transport } from './transport.ts'
import type { CallOptions } from './videos-client.ts'
import type { DeliveryPage, DeliveryStatus, WebhookDelivery } from './webhook-wire.ts'

/** What became of a project's webhooks; the client's own key needs the admin scope. */
export interface DeliveriesClient {
  /** One page, the newest first. */
  list(options?: DeliveryListOptions): Promise<DeliveryPage>
  /** With every attempt in `attempts_log`. */
  retrieve(id: string, options?: CallOptions): Promise<WebhookDelivery>
  /**
   * Sends an ended delivery again, with the same event id. One that is still pending is refused with the code
   * `conflict`.
   */
  resend(id: string, options?: CallOptions): Promise<WebhookDelivery>
}

export type DeliveryPageOptions = CallOptions & {
  /** Deliveries per page, 1..100; the server's default is 20. */
  limit?: number | undefined
  /** Start behind this id: the `last_id` of the page before. */
  after?: string | undefined
  status?: DeliveryStatus | undefined
}

export type DeliveryListOptions = DeliveryPageOptions & {
  /** Only to this endpoint. */
  endpoint?: string | undefined
  /** Only about this video. */
  video?: string | undefined
}

const DELIVERIES = '/v1/deliveries'
const WANTED = 'a webhook delivery'

export function createDeliveriesClient(transport: Transport): DeliveriesClient {
  return {
    list: (options = {}) => listDeliveries(transport, DELIVERIES, options),
    retrieve: async (id, { signal } = {}) => {
      const call = jsonCall('GET', pathOfId(DELIVERIES, id), { signal })
      return objectOf(await transport.request(call), readDelivery, WANTED)
    },
    resend: async (id, { signal } = {}) => {
      const call = jsonCall('POST', pathOfId(DELIVERIES, id, '/resend'), { signal })
      return objectOf(await transport.request(call), readDelivery, WANTED)
    },
  }
}

/** One page of a route that lists deliveries. */
export async function listDeliveries(
  transport: Transport,
  path: string,
  { signal, limit, after, status, endpoint, video }: DeliveryListOptions,
): Promise<DeliveryPage> {
  const query = { limit, after, status, endpoint, video }
  return pageOf(await transport.request({ ...jsonCall('GET', path, { signal }), query }))
}

function pageOf(answer: Answer): DeliveryPage {
  const data = listOf(answer, readDelivery, 'a list of webhook deliveries')
  const body = recordOf(answer.body)
  return {
    object: 'list',
    data,
    first_id: textOf(body['first_id']) ?? data.at(0)?.id ?? null,
    last_id: textOf(body['last_id']) ?? data.at(-1)?.id ?? null,
    has_more: body['has_more'] === true,
  }
}
