import { VIDEO_STATUSES, type VideoStatus } from './wire.ts'

/**
 * What the webhook routes of a Reelay gateway answer, defined once: the gateway answers these shapes and the client
 * reads them. Times are unix seconds unless the name says otherwise.
 */

/** What an endpoint can be told of. */
export type WebhookEventType = `video.${VideoStatus}`

export const isEventType = (value: unknown): value is WebhookEventType =>
  VIDEO_STATUSES.some((status) => value === `video.${status}`)

/** `full`: with the whole video object; `thin`: with its id only. */
export type WebhookPayload = 'full' | 'thin'

/** An address that is told of a project's videos. */
export type WebhookEndpoint = {
  id: string
  object: 'webhook_endpoint'
  url: string
  description: string | null
  events: readonly WebhookEventType[]
  payload: WebhookPayload
  enabled: boolean
  /**
   * `gone`: it answered 410. `failing`: nothing reached it for days. Null while it is enabled.
   */
  disabled_reason: 'manual' | 'gone' | 'failing' | null
  health: {
    /** Failed attempts since the last that worked. */
    failures: number
    failing_since: number | null
    /** Nothing is sent before then. */
    paused_until: number | null
  }
  created_at: number
  /** `whsec_…`: only in the answers to a create and a rotation. */
  secret?: string
}

export type WebhookEndpointDeleted = { id: string; object: 'webhook_endpoint.deleted'; deleted: boolean }

/** What deliveries are signed with. */
export type WebhookSecret = {
  object: 'webhook_secret'
  /** `whsec_` and base64, as verifiers of Standard Webhooks take it. */
  secret: string
  created_at: number
  /** It signs until then, beside its successor; null: until it is rotated. */
  expires_at: number | null
}

export type DeliveryStatus = 'pending' | 'delivered' | 'exhausted' | 'cancelled'

/** One request that was made for a delivery. */
export type DeliveryAttempt = {
  n: number
  at: number
  latency_ms: number
  /** Null when there was no answer. */
  status_code: number | null
  /** Why it counts as failed; null when it was delivered. */
  error: string | null
  /** The beginning of the answer. */
  response_body: string | null
}

/** One event on its way to one address. */
export type WebhookDelivery = {
  id: string
  object: 'webhook_delivery'
  /** The header `webhook-id`: the same for every address and every attempt. */
  event_id: string
  type: WebhookEventType | 'webhook.test'
  /** Orders the events of one video: 1 queued, 2 in progress, 3 ended; 0 for a test. */
  sequence: number
  /** Id of the video; null for a test. */
  video: string | null
  /** Id of the endpoint; null when it goes to the video's own `callback_url`. */
  endpoint: string | null
  url: string
  status: DeliveryStatus
  attempts: number
  /** Null unless it is pending. */
  next_attempt_at: number | null
  created_at: number
  ended_at: number | null
  /** The oldest first. Only in the answer to `retrieve`. */
  attempts_log?: readonly DeliveryAttempt[]
}

/** One keyset page, the newest first. Ask for the next one with `after` set to `last_id` while `has_more` is true. */
export type DeliveryPage = {
  object: 'list'
  data: WebhookDelivery[]
  first_id: string | null
  last_id: string | null
  has_more: boolean
}

/** What a provider sent about a video, as it came. Nothing in it is believed. */
export type ProviderCallback = {
  id: string
  object: 'provider_callback'
  provider: string
  /** Number of the submission that it is about. */
  attempt: number
  /** Unix seconds with milliseconds. */
  received_at: number
  /** What its signature says: `unsigned` where nobody can tell. */
  verdict: 'trusted' | 'unsigned' | 'forged'
  headers: Readonly<Record<string, string>>
  /** Length of the body as it came. */
  bytes: number
  /** How `body` holds it: base64 for what is no text. */
  encoding: 'utf-8' | 'base64'
  body: string
}

/** One keyset page, the oldest first. Ask for the next one with `after` set to `last_id` while `has_more` is true. */
export type CallbackPage = {
  object: 'list'
  data: ProviderCallback[]
  first_id: string | null
  last_id: string | null
  has_more: boolean
}

/** One line of what happened to a video. */
export type TimelineEntry = {
  seq: number
  /** Unix seconds with milliseconds. */
  at: number
  /** For instance `submit.accepted`. */
  type: string
  data: Readonly<Record<string, unknown>>
}
