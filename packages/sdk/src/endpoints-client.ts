import { jsonCall, listOf, objectOf } from './json-call.ts'
import { numberOf, type JsonRecord } from './json.ts'
import { pathOfId } from './path-of-id.ts'
import { readDelivery } from './read-delivery.ts'
import { readEndpoint } from './read-endpoint.ts'
import { readSecret } from './read-secret.ts'
import type { Transport } from './transport.ts'
import type { CallOptions } from './videos-client.ts'
import type {
  WebhookDelivery,
  WebhookEndpoint,
  WebhookEndpointDeleted,
  WebhookEventType,
  WebhookPayload,
  WebhookSecret,
} from './webhook-wire.ts'

/** Addresses that are told of a project's videos; the client's own key needs the admin scope. */
export interface EndpointsClient {
  /** The signing secret is in `secret` of the answer; `secrets` reads it again. */
  create(params: EndpointCreateParams, options?: CallOptions): Promise<WebhookEndpoint>
  list(options?: CallOptions): Promise<WebhookEndpoint[]>
  retrieve(id: string, options?: CallOptions): Promise<WebhookEndpoint>
  /** What is not named stays as it is. Disabling an endpoint cancels what waits for it. */
  update(id: string, params: EndpointUpdateParams, options?: CallOptions): Promise<WebhookEndpoint>
  delete(id: string, options?: CallOptions): Promise<WebhookEndpointDeleted>
  /** All that sign now, the newest first. */
  secrets(id: string, options?: CallOptions): Promise<WebhookSecret[]>
  /** The new secret is in `secret` of the answer. */
  rotateSecret(id: string, params?: RotateParams, options?: CallOptions): Promise<WebhookEndpoint>
  /** Sends an event of the type `webhook.test`; `deliveries.retrieve` says what came of it. */
  test(id: string, options?: CallOptions): Promise<WebhookDelivery>
  /** Sends again what did not arrive. Resolves with how many deliveries that are. */
  resendFailed(id: string, params: ResendParams, options?: CallOptions): Promise<number>
}

export type EndpointCreateParams = {
  url: string
  /** `*` is all of them. Default: the three that end a video. */
  events?: readonly (WebhookEventType | '*')[] | undefined
  /** Default `full`. */
  payload?: WebhookPayload | undefined
  description?: string | null | undefined
}

export type EndpointUpdateParams = Partial<EndpointCreateParams> & { enabled?: boolean | undefined }

export type RotateParams = {
  /** How long the secrets before the new one go on signing, in seconds: 0 to 604800; a day by default. */
  overlapSeconds?: number | undefined
}

export type ResendParams = {
  /** Deliveries that were made from then on. A number is unix seconds. */
  since: Date | number | string
}

const ENDPOINTS = '/v1/endpoints'
const WANTED = 'a webhook endpoint'

export function createEndpointsClient(transport: Transport): EndpointsClient {
  const ask = async (...call: Parameters<typeof jsonCall>): Promise<WebhookEndpoint> =>
    objectOf(await transport.request(jsonCall(...call)), readEndpoint, WANTED)
  return {
    create: (body, { signal } = {}) => ask('POST', ENDPOINTS, { body, signal }),
    list: async (options = {}) => {
      const answer = await transport.request(jsonCall('GET', ENDPOINTS, options))
      return listOf(answer, readEndpoint, 'a list of webhook endpoints')
    },
    retrieve: async (id, { signal } = {}) => ask('GET', pathOfId(ENDPOINTS, id), { signal }),
    update: async (id, body, { signal } = {}) => ask('PATCH', pathOfId(ENDPOINTS, id), { body, signal }),
    delete: async (id, { signal } = {}) => {
      await transport.request(jsonCall('DELETE', pathOfId(ENDPOINTS, id), { signal }))
      return { id, object: 'webhook_endpoint.deleted', deleted: true }
    },
    secrets: async (id, { signal } = {}) => {
      const call = jsonCall('GET', pathOfId(ENDPOINTS, id, '/secret'), { signal })
      return listOf(await transport.request(call), readSecret, 'a list of signing secrets')
    },
    rotateSecret: async (id, { overlapSeconds } = {}, { signal } = {}) =>
      ask('POST', pathOfId(ENDPOINTS, id, '/rotate-secret'), { body: { overlap: overlapSeconds }, signal }),
    test: async (id, { signal } = {}) => {
      const call = jsonCall('POST', pathOfId(ENDPOINTS, id, '/test'), { signal })
      return objectOf(await transport.request(call), readDelivery, 'a webhook delivery')
    },
    resendFailed: async (id, { since }, { signal } = {}) => {
      const body = { since: since instanceof Date ? since.toISOString() : since }
      const call = jsonCall('POST', pathOfId(ENDPOINTS, id, '/resend'), { body, signal })
      return objectOf(await transport.request(call), readCount, 'a number of deliveries')
    },
  }
}

const readCount = (value: JsonRecord): number | null => numberOf(value['resent'])
