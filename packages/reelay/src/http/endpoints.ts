import type { WebhookEndpoint, WebhookEndpointDeleted } from '@reelay/sdk'
import type { Endpoint, EndpointPatch } from '../store/webhook-store.ts'
import { TERMINAL_EVENT_TYPES, VIDEO_EVENT_TYPES, type VideoEventType } from '../task/video-event.ts'
import { endpointPurpose } from '../webhooks/webhook-secret.ts'
import { ApiError } from './api-error.ts'
import { endpointObject } from './endpoint-object.ts'
import { jsonAnswer, projectOf, type Exchange } from './exchange.ts'
import { endpointNotFound, findEndpoint } from './find-endpoint.ts'
import { newSecret } from './new-secret.ts'
import { readJson } from './read-json.ts'
import { secretAnswer } from './secret-answer.ts'
import {
  endpointCreateSchema,
  endpointUpdateSchema,
  type EndpointUpdate,
  type EventFilter,
} from './webhook-schemas.ts'
import { webhookUrl } from './webhook-url.ts'

const ENDPOINTS_MAX = 20

/** `POST /v1/endpoints`: the answer has the secret. */
export async function createEndpoint(exchange: Exchange): Promise<Response> {
  const { clock, ids, refuseCallbackUrl, store } = exchange.shared
  const body = await readJson(exchange, endpointCreateSchema)
  const url = webhookUrl('url', body.url, refuseCallbackUrl)
  const projectId = projectOf(exchange)
  const nowMs = clock.nowMs()
  const id = ids.id('ep', nowMs)
  const secret = newSecret(exchange.shared, endpointPurpose(id))
  const endpoint: Endpoint = {
    id,
    projectId,
    url,
    description: body.description || null,
    events: body.events === undefined ? TERMINAL_EVENT_TYPES : eventsOf(body.events),
    payload: body.payload ?? 'full',
    secrets: [secret.sealed],
    disabledReason: null,
    createdAtMs: nowMs,
  }
  if (!(await store.webhooks.createEndpoint(endpoint, ENDPOINTS_MAX))) {
    const message = `A project has at most ${ENDPOINTS_MAX} endpoints. Delete one: GET /v1/endpoints lists them.`
    throw new ApiError('endpoint_limit_reached', message)
  }
  return secretAnswer({ ...(await viewEndpoint(exchange, endpoint)), secret: secret.plain })
}

/** `GET /v1/endpoints`: at most twenty, the oldest first. */
export async function listEndpoints(exchange: Exchange): Promise<Response> {
  const endpoints = await exchange.shared.store.webhooks.listEndpoints(projectOf(exchange))
  const data = await Promise.all(endpoints.map((endpoint) => viewEndpoint(exchange, endpoint)))
  return jsonAnswer({ object: 'list', data })
}

/** `GET /v1/endpoints/{id}` */
export async function retrieveEndpoint(exchange: Exchange): Promise<Response> {
  return jsonAnswer(await viewEndpoint(exchange, await findEndpoint(exchange)))
}

/** `PATCH /v1/endpoints/{id}`: what is not named stays as it is. */
export async function updateEndpoint(exchange: Exchange): Promise<Response> {
  const body = await readJson(exchange, endpointUpdateSchema)
  const before = await findEndpoint(exchange)
  const patch = patchOf(exchange, before, body)
  const { webhooks } = exchange.shared.store
  const after = await webhooks.updateEndpoint(projectOf(exchange), before.id, patch)
  if (after === undefined) throw endpointNotFound()
  return jsonAnswer(await viewEndpoint(exchange, after))
}

/** `DELETE /v1/endpoints/{id}`: what waits for it is cancelled. */
export async function deleteEndpoint(exchange: Exchange): Promise<Response> {
  const id = exchange.context.req.param('id') ?? ''
  const { webhooks } = exchange.shared.store
  if (!(await webhooks.deleteEndpoint(projectOf(exchange), id))) throw endpointNotFound()
  const body: WebhookEndpointDeleted = { id, object: 'webhook_endpoint.deleted', deleted: true }
  return jsonAnswer(body)
}

/** An endpoint with how it fares, as the answers of all its routes show it. */
export async function viewEndpoint({ shared }: Exchange, endpoint: Endpoint): Promise<WebhookEndpoint> {
  const health = await shared.store.webhooks.targetHealth(endpoint.id)
  return endpointObject(endpoint, health, shared.clock.nowMs())
}

/** In the order in which they happen, each once. */
const eventsOf = (filters: readonly EventFilter[]): readonly VideoEventType[] =>
  filters.includes('*') ? VIDEO_EVENT_TYPES : VIDEO_EVENT_TYPES.filter((type) => filters.includes(type))

function patchOf({ shared }: Exchange, before: Endpoint, body: EndpointUpdate): EndpointPatch {
  const { url, events, payload, description, enabled } = body
  return {
    ...(url === undefined ? {} : { url: webhookUrl('url', url, shared.refuseCallbackUrl) }),
    ...(events === undefined ? {} : { events: eventsOf(events) }),
    ...(payload === undefined ? {} : { payload }),
    ...(description === undefined ? {} : { description: description || null }),
    ...(enabled === undefined
      ? {}
      : { disabledReason: enabled ? null : (before.disabledReason ?? 'manual') }),
  }
}
