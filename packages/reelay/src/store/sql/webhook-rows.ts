import type { TaskSnapshot, VideoEventType } from '../../task/video-event.ts'
import type {
  Delivery,
  DeliveryAttempt,
  DeliveryState,
  DisabledReason,
  Endpoint,
  SealedSecret,
  TargetHealth,
  WebhookEventType,
  WebhookPayload,
} from '../webhook-store.ts'
import type { DeliveryAttemptRow, DeliveryRow, EndpointRow, WebhookTargetRow } from './schema.ts'

export const secretsOf = (text: string | null): readonly SealedSecret[] =>
  text === null ? [] : (JSON.parse(text) as SealedSecret[])

export const endpointOfRow = (row: EndpointRow): Endpoint => ({
  id: row.id,
  projectId: row.project_id,
  url: row.url,
  description: row.description,
  events: row.events.split(' ') as VideoEventType[],
  payload: row.payload as WebhookPayload,
  secrets: secretsOf(row.secrets),
  disabledReason: row.disabled_reason as DisabledReason | null,
  createdAtMs: row.created_at,
})

export const rowOfEndpoint = (endpoint: Endpoint): EndpointRow => ({
  id: endpoint.id,
  project_id: endpoint.projectId,
  url: endpoint.url,
  description: endpoint.description,
  events: endpoint.events.join(' '),
  payload: endpoint.payload,
  secrets: JSON.stringify(endpoint.secrets),
  disabled_reason: endpoint.disabledReason,
  created_at: endpoint.createdAtMs,
})

export const deliveryOfRow = (row: DeliveryRow): Delivery => ({
  id: row.id,
  projectId: row.project_id,
  taskId: row.task_id,
  endpointId: row.endpoint_id,
  eventId: row.event_id,
  type: row.type as WebhookEventType,
  sequence: row.sequence,
  url: row.url,
  state: row.state as DeliveryState,
  attempts: row.attempts,
  step: row.step,
  dueAtMs: row.due_at,
  createdAtMs: row.created_at,
  endedAtMs: row.ended_at,
  snapshot: row.snapshot === null ? null : (JSON.parse(row.snapshot) as TaskSnapshot),
})

export const attemptOfRow = (row: DeliveryAttemptRow): DeliveryAttempt => ({
  n: row.n,
  atMs: row.at,
  latencyMs: row.latency_ms,
  status: row.status,
  error: row.error,
  responseBody: row.response_body,
})

export const healthOfRow = (
  row: Pick<WebhookTargetRow, 'failures' | 'failing_since' | 'open_until'>,
): TargetHealth => ({
  failures: row.failures,
  failingSinceMs: row.failing_since,
  openUntilMs: row.open_until,
})
