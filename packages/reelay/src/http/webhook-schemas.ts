import { z } from 'zod'
import type { DeliveryState } from '../store/webhook-store.ts'
import { VIDEO_EVENT_TYPES, type VideoEventType } from '../task/video-event.ts'

/** The shapes of the webhook routes: those of requests check them too. */

const URL_CHARACTERS_MAX = 2_048
const DESCRIPTION_CHARACTERS_MAX = 500
const OVERLAP_SECONDS_MAX = 604_800

export const DELIVERY_STATES: readonly [DeliveryState, ...DeliveryState[]] = [
  'pending',
  'delivered',
  'exhausted',
  'cancelled',
]

export type EventFilter = VideoEventType | '*'

const FILTERS: readonly EventFilter[] = [...VIDEO_EVENT_TYPES, '*']

const url = z.string().trim().min(1).max(URL_CHARACTERS_MAX).describe('Absolute, http or https.')
const events = z
  .array(z.enum(FILTERS, `must be one of ${FILTERS.join(', ')}`))
  .min(1, 'name at least one event, or "*" for all')
  .max(FILTERS.length)
  .describe('Or ["*"] for all.')
const payload = z
  .enum(['full', 'thin'], 'must be "full" or "thin"')
  .describe('thin: without result, error and the video object.')
const description = z.string().trim().max(DESCRIPTION_CHARACTERS_MAX)

export type EndpointCreate = {
  url: string
  events?: EventFilter[] | undefined
  payload?: 'full' | 'thin' | undefined
  description?: string | null | undefined
}

export const endpointCreateSchema: z.ZodType<EndpointCreate> = z
  .strictObject({
    url,
    events: events.optional().describe('The three terminal ones when absent; ["*"] for all.'),
    payload: payload.optional().describe('full when absent; thin: without result, error and video object.'),
    description: description.nullable().optional(),
  })
  .meta({ id: 'WebhookEndpointCreate' })

export type EndpointUpdate = Omit<EndpointCreate, 'url'> & {
  url?: string | undefined
  enabled?: boolean | undefined
}

export const endpointUpdateSchema: z.ZodType<EndpointUpdate> = z
  .strictObject({
    url: url.optional(),
    events: events.optional(),
    payload: payload.optional(),
    description: description.nullable().optional(),
    enabled: z.boolean('must be true or false').optional(),
  })
  .meta({ id: 'WebhookEndpointUpdate' })

export type SecretRotate = { overlap?: number | undefined }

export const secretRotateSchema: z.ZodType<SecretRotate> = z
  .strictObject({
    overlap: z
      .int()
      .min(0)
      .max(OVERLAP_SECONDS_MAX)
      .optional()
      .describe('Seconds for which the secret before goes on signing; 86400 when absent.'),
  })
  .meta({ id: 'WebhookSecretRotate' })

export type EndpointResend = { since: number | string }

export const endpointResendSchema: z.ZodType<EndpointResend> = z
  .strictObject({
    since: z
      .union([z.number(), z.string().max(64)], 'must be unix seconds or an ISO 8601 time')
      .describe('Unix seconds, or ISO 8601: failed deliveries that were made from then on.'),
  })
  .meta({ id: 'WebhookEndpointResend' })

const unixSeconds = z.int().min(0).max(253_402_300_799)
const count = z.int().min(0).max(1_000_000_000)

export const endpointSchema: z.ZodType = z
  .object({
    id: z.string(),
    object: z.literal('webhook_endpoint'),
    url: z.string(),
    description: z.string().nullable(),
    events: z.array(z.enum(VIDEO_EVENT_TYPES)),
    payload: z.enum(['full', 'thin']),
    enabled: z.boolean(),
    disabled_reason: z
      .enum(['manual', 'gone', 'failing'])
      .nullable()
      .describe('gone: it answered 410. failing: nothing reached it for five days.'),
    health: z.object({
      failures: count.describe('Failed attempts since the last that worked.'),
      failing_since: unixSeconds.nullable(),
      paused_until: unixSeconds.nullable().describe('Nothing is sent before then.'),
    }),
    created_at: unixSeconds,
    secret: z.string().optional().describe('whsec_…: only in answers to a create and a rotation.'),
  })
  .meta({ id: 'WebhookEndpoint' })

export const endpointListSchema: z.ZodType = z
  .object({ object: z.literal('list'), data: z.array(endpointSchema) })
  .meta({ id: 'WebhookEndpointList' })

export const endpointDeletedSchema: z.ZodType = z
  .object({ id: z.string(), object: z.literal('webhook_endpoint.deleted'), deleted: z.boolean() })
  .meta({ id: 'WebhookEndpointDeleted' })

export const secretSchema: z.ZodType = z
  .object({
    object: z.literal('webhook_secret'),
    secret: z.string().describe('whsec_ and base64.'),
    created_at: unixSeconds,
    expires_at: unixSeconds.nullable().describe('Signs until then; null: until it is rotated.'),
  })
  .meta({ id: 'WebhookSecret' })

export const secretListSchema: z.ZodType = z
  .object({ object: z.literal('list'), data: z.array(secretSchema) })
  .meta({ id: 'WebhookSecretList' })

export const resendSchema: z.ZodType = z
  .object({ object: z.literal('webhook_resend'), resent: count })
  .meta({ id: 'WebhookResend' })

const callbackSchema = z
  .object({
    id: z.string(),
    object: z.literal('provider_callback'),
    provider: z.string(),
    attempt: count,
    received_at: z.number().describe('Unix seconds with milliseconds.'),
    verdict: z
      .enum(['trusted', 'unsigned', 'forged'])
      .describe(
        'What its signature says; unsigned where nobody can tell. Nothing in a callback is believed.',
      ),
    headers: z.record(z.string(), z.string()),
    bytes: count.describe('Length of the body as it came.'),
    encoding: z.enum(['utf-8', 'base64']).describe('How body holds it: base64 for what is no text.'),
    body: z.string(),
  })
  .meta({ id: 'ProviderCallback' })

export const callbackPageSchema: z.ZodType = z
  .object({
    object: z.literal('list'),
    data: z.array(callbackSchema),
    first_id: z.string().nullable(),
    last_id: z.string().nullable(),
    has_more: z.boolean(),
  })
  .meta({ id: 'ProviderCallbackPage' })

const attemptSchema = z.object({
  n: count,
  at: unixSeconds,
  latency_ms: count,
  status_code: z.int().min(100).max(999).nullable().describe('Null when there was no answer.'),
  error: z.string().nullable().describe('Null when it was delivered.'),
  response_body: z.string().nullable().describe('The beginning of the answer.'),
})

export const deliverySchema: z.ZodType = z
  .object({
    id: z.string(),
    object: z.literal('webhook_delivery'),
    event_id: z.string().describe('The header webhook-id.'),
    type: z.enum([...VIDEO_EVENT_TYPES, 'webhook.test']),
    sequence: z.int().min(0).max(3),
    video: z.string().nullable(),
    endpoint: z.string().nullable().describe("Null: the video's own callback_url."),
    url: z.string().describe('To an endpoint, for keys without the admin scope: its origin only.'),
    status: z.enum(DELIVERY_STATES),
    attempts: count,
    next_attempt_at: unixSeconds.nullable().describe('Null unless it is pending.'),
    created_at: unixSeconds,
    ended_at: unixSeconds.nullable(),
    attempts_log: z
      .array(attemptSchema)
      .optional()
      .describe('Only in the answer for one delivery; the oldest first.'),
  })
  .meta({ id: 'WebhookDelivery' })

export const deliveryPageSchema: z.ZodType = z
  .object({
    object: z.literal('list'),
    data: z.array(deliverySchema),
    first_id: z.string().nullable(),
    last_id: z.string().nullable(),
    has_more: z.boolean(),
  })
  .meta({ id: 'WebhookDeliveryPage' })

export const timelineSchema: z.ZodType = z
  .object({
    object: z.literal('list'),
    data: z.array(
      z.object({
        seq: count,
        at: z.number().describe('Unix seconds with milliseconds.'),
        type: z.string(),
        data: z.record(z.string(), z.unknown()),
      }),
    ),
  })
  .meta({ id: 'VideoTimeline' })
