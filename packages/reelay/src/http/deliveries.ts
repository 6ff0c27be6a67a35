import type { DeliveryPage, WebhookDelivery } from '@reelay/sdk'
import type { Delivery, DeliveryQuery, DeliveryState } from '../store/webhook-store.ts'
import { ApiError, invalidValue } from './api-error.ts'
import { attemptObject, deliveryObject } from './delivery-object.ts'
import { jsonAnswer, projectOf, type Exchange } from './exchange.ts'
import { requireEnabled } from './find-endpoint.ts'
import { findVideo } from './find-video.ts'
import { DELIVERY_STATES } from './webhook-schemas.ts'

const LIMIT_DEFAULT = 20
const LIMIT_MAX = 100
const ID_CHARACTERS_MAX = 64

/** `GET /v1/deliveries`: one keyset page of the project's, the newest first. */
export async function listDeliveries(exchange: Exchange): Promise<Response> {
  const query = new URL(exchange.request.url).searchParams
  return answerPage(exchange, query, {
    taskId: idOf('video', query.get('video')),
    endpointId: idOf('endpoint', query.get('endpoint')),
  })
}

/** `GET /v1/videos/{id}/deliveries`: those of one of the caller's own videos. */
export async function listVideoDeliveries(exchange: Exchange): Promise<Response> {
  const { id: taskId } = await findVideo(exchange)
  const query = new URL(exchange.request.url).searchParams
  return answerPage(exchange, query, { taskId, endpointId: null })
}

/** `GET /v1/deliveries/{id}`: with every attempt. */
export async function retrieveDelivery(exchange: Exchange): Promise<Response> {
  const { webhooks } = exchange.shared.store
  const delivery = await webhooks.findDelivery(projectOf(exchange), deliveryIdOf(exchange))
  if (delivery === undefined) throw deliveryNotFound()
  const attempts = await webhooks.deliveryAttempts(delivery.id)
  const body: WebhookDelivery = {
    ...deliveryObject(delivery),
    attempts_log: attempts.map(attemptObject),
  }
  return jsonAnswer(body)
}

/** `POST /v1/deliveries/{id}/resend`: starts the schedule of an ended one again, with the same event id. */
export async function resendDelivery(exchange: Exchange): Promise<Response> {
  const { webhooks } = exchange.shared.store
  const projectId = projectOf(exchange)
  const id = deliveryIdOf(exchange)
  await requireAddress(exchange, id)
  const outcome = await webhooks.resendDelivery(projectId, id)
  if (outcome === 'missing') throw deliveryNotFound()
  if (outcome === 'pending') {
    const message = 'The delivery is still under way: next_attempt_at says when it is tried again.'
    throw new ApiError('delivery_pending', message)
  }
  return jsonAnswer(deliveryObject(outcome))
}

/** A delivery goes to where its endpoint is now: without one, or to one that is disabled, it cannot go. */
async function requireAddress(exchange: Exchange, id: string): Promise<void> {
  const { webhooks } = exchange.shared.store
  const projectId = projectOf(exchange)
  const delivery = await webhooks.findDelivery(projectId, id)
  if (delivery === undefined) throw deliveryNotFound()
  if (delivery.endpointId === null) return
  const endpoint = await webhooks.findEndpoint(projectId, delivery.endpointId)
  if (endpoint !== undefined) return requireEnabled(endpoint)
  const message = 'The endpoint of this delivery was deleted. Read the video instead: it has the final state.'
  throw new ApiError('endpoint_not_found', message)
}

async function answerPage(
  exchange: Exchange,
  query: URLSearchParams,
  filter: Pick<DeliveryQuery, 'taskId' | 'endpointId'>,
): Promise<Response> {
  const page = await exchange.shared.store.webhooks.listDeliveries({
    projectId: projectOf(exchange),
    limit: limitOf(query.get('limit')),
    after: await afterOf(exchange, query.get('after')),
    state: stateOf(query.get('status')),
    ...filter,
  })
  const body: DeliveryPage = {
    object: 'list',
    data: page.deliveries.map((delivery) => deliveryObject(shownTo(exchange, delivery))),
    first_id: page.deliveries.at(0)?.id ?? null,
    last_id: page.deliveries.at(-1)?.id ?? null,
    has_more: page.hasMore,
  }
  return jsonAnswer(body)
}

/** Addresses of endpoints are the administrators' business, and often hold a token: others learn where they are. */
const shownTo = ({ key }: Exchange, delivery: Delivery): Delivery =>
  delivery.endpointId === null || key?.scopes.includes('admin') === true
    ? delivery
    : { ...delivery, url: new URL(delivery.url).origin }

const deliveryIdOf = (exchange: Exchange): string => exchange.context.req.param('id') ?? ''

/** The same for a missing and a foreign id. */
const deliveryNotFound = (): ApiError =>
  new ApiError('delivery_not_found', 'There is no delivery with this id. GET /v1/deliveries lists them.')

function stateOf(name: string | null): DeliveryState | null {
  if (name === null) return null
  const state = DELIVERY_STATES.find((known) => known === name)
  if (state !== undefined) return state
  throw invalidValue('status', `status must be one of ${DELIVERY_STATES.join(', ')}.`)
}

function limitOf(text: string | null): number {
  if (text === null) return LIMIT_DEFAULT
  const limit = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (limit >= 1 && limit <= LIMIT_MAX) return limit
  throw invalidValue('limit', `limit must be a whole number from 1 to ${LIMIT_MAX}.`)
}

async function afterOf(exchange: Exchange, id: string | null): Promise<string | null> {
  if (id === null) return null
  const found = await exchange.shared.store.webhooks.findDelivery(projectOf(exchange), id)
  if (found !== undefined) return id
  throw invalidValue('after', 'after must be the id of a delivery: use last_id of the page before.')
}

function idOf(param: string, id: string | null): string | null {
  if (id === null || (id !== '' && id.length <= ID_CHARACTERS_MAX)) return id
  throw invalidValue(param, `${param} must be an id.`)
}
