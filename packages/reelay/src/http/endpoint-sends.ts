import type { Delivery } from '../store/webhook-store.ts'
import { isRealDay } from '../system/is-real-day.ts'
import { invalidValue } from './api-error.ts'
import { deliveryObject } from './delivery-object.ts'
import { jsonAnswer, projectOf, type Exchange } from './exchange.ts'
import { findEndpoint, requireEnabled } from './find-endpoint.ts'
import { readJson } from './read-json.ts'
import { endpointResendSchema } from './webhook-schemas.ts'

/** `POST /v1/endpoints/{id}/test`: an event that belongs to no video, on its way like any other. */
export async function testEndpoint(exchange: Exchange): Promise<Response> {
  const { clock, ids, store } = exchange.shared
  const endpoint = await findEndpoint(exchange)
  requireEnabled(endpoint)
  const nowMs = clock.nowMs()
  const delivery: Delivery = {
    id: ids.id('dlv', nowMs),
    projectId: projectOf(exchange),
    taskId: null,
    endpointId: endpoint.id,
    eventId: ids.id('evt_test', nowMs),
    type: 'webhook.test',
    sequence: 0,
    url: endpoint.url,
    state: 'pending',
    attempts: 0,
    step: 0,
    dueAtMs: nowMs,
    createdAtMs: nowMs,
    endedAtMs: null,
    snapshot: null,
  }
  if (!(await store.webhooks.addTestDelivery(delivery))) requireEnabled(await findEndpoint(exchange))
  return jsonAnswer(deliveryObject(delivery))
}

/** `POST /v1/endpoints/{id}/resend`: everything that failed since then starts its schedule again. */
export async function resendToEndpoint(exchange: Exchange): Promise<Response> {
  const { clock, store } = exchange.shared
  const { since } = await readJson(exchange, endpointResendSchema)
  const sinceMs = momentOf(since, clock.nowMs())
  const endpoint = await findEndpoint(exchange)
  requireEnabled(endpoint)
  const query = { projectId: projectOf(exchange), endpointId: endpoint.id, sinceMs }
  return jsonAnswer({ object: 'webhook_resend', resent: await store.webhooks.resendFailed(query) })
}

/** With its zone, or only a day: what else `Date` reads, it guesses. */
const ISO_8601 = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/i

/** Seconds as text: fewer digits are a year or a number of days, not a time after 1973. */
const SECONDS = /^\d{9,15}(\.\d{1,6})?$/

/** @throws ApiError `invalid_value` */
function momentOf(since: number | string, nowMs: number): number {
  const isSeconds = typeof since === 'number' || SECONDS.test(since)
  const isDate = !isSeconds && ISO_8601.test(since) && isRealDay(since)
  const ms = isSeconds ? Number(since) * 1_000 : isDate ? Date.parse(since) : Number.NaN
  if (!Number.isFinite(ms) || ms < 0) {
    const message =
      'since must be unix seconds, or a time such as 2026-09-21T12:00:00Z or 2026-09-21, of a day that there is.'
    throw invalidValue('since', message)
  }
  if (ms > nowMs) {
    throw invalidValue('since', 'since is in the future. Numbers are unix seconds, not milliseconds.')
  }
  return Math.floor(ms)
}
