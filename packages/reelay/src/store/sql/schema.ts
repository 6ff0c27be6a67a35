/**
 * The tables, as both dialects see them. Times are epoch milliseconds as integers, JSON is text, booleans are 0 or 1:
 * one shape for SQLite and PostgreSQL.
 */
export type TaskRow = {
  id: string
  project_id: string
  profile: string
  state: string
  provider_waits: number
  progress: number
  model: string
  request: string
  candidates: string
  candidate: number
  attempt_n: number | null
  outputs: string | null
  outputs_expire_at: number | null
  missing: string | null
  faults: number
  warnings: string
  error: string | null
  callback_url: string | null
  metadata: string | null
  created_at: number
  updated_at: number
  completed_at: number | null
  deadline_at: number
  cancel_requested_at: number | null
  deleted_at: number | null
  retrieved_at: number | null
  version: number
  expires_at: number | null
  /** Null: they are there, or there never were any. */
  files_removed_at: number | null
}

/** Thin on purpose: one row per task in flight, the only one that a look without news rewrites. */
export type ScheduleRow = {
  task_id: string
  project_id: string
  account: string
  /** Also the end of the lease while one is held: one index serves both. */
  due_at: number
  lease_owner: string | null
  fence: number
  wake_seq: number
  looked_at: number | null
  /** Thousandths of looks that callbacks may still cause at once; null: as many as may be. */
  callback_tokens: number | null
  callback_refilled_at: number | null
  /** A look that a callback asked for while the lease was held. */
  callback_due_at: number | null
  /** Extra looks made since a callback hinted at the end. */
  hint_step: number | null
  /** 1: taken before the others that are due, when it is. A claim sets it back. */
  goes_first: number
}

export type AttemptRow = {
  task_id: string
  project_id: string
  n: number
  account: string
  model: string
  state: string
  client_token: string
  callback_token_hash: string | null
  provider_task_id: string | null
  operation: string | null
  started_at: number
  answered_at: number | null
  ended_at: number | null
  raw_answer: string | null
}

export type ArtifactRow = {
  task_id: string
  project_id: string
  role: string
  idx: number
  storage_key: string
  sha256: string
  bytes: number
  mime: string
  width: number | null
  height: number | null
  duration_ms: number | null
  codec: string | null
}

export type TaskEventRow = {
  task_id: string
  project_id: string
  seq: number
  at: number
  kind: string
  data: string | null
}

export type IdempotencyRow = {
  project_id: string
  route: string
  key: string
  fingerprint: string
  task_id: string
  expires_at: number
}

/** One create request of a client that counts its own retries but sends no idempotency key. */
export type ClientReplayRow = {
  id: string
  project_id: string
  fingerprint: string
  client_attempt: number
  task_id: string
  created_at: number
  answered_at: number | null
}

export type ApiKeyRow = {
  id: string
  project_id: string
  name: string
  secret_hash: string
  scopes: string
  profile: string
  created_at: number
  last_used_at: number | null
  expires_at: number | null
  revoked_at: number | null
}

export type ProjectRow = {
  id: string
  name: string
  created_at: number
  webhook_secrets: string | null
  limits: string | null
}

export type RateBucketRow = {
  account: string
  project_id: string
  tokens: number
  refilled_at: number
  paused_until: number | null
  pause_reason: string | null
}

/** Durations one by one, as versions before the sketches wrote them. */
export type DurationStatRow = {
  stat_key: string
  project_id: string
  seq: number
  lower_ms: number
  upper_ms: number
  exact_ms: number | null
  at: number
}

/** Counts of durations: see task/duration-sketch.ts. The parts of several shards add up. */
export type DurationSketchRow = {
  stat_key: string
  era: number
  shard: number
  lower_ms: number
  upper_ms: number
  seen: number
}

export type CallbackInRow = {
  id: string
  project_id: string
  task_id: string | null
  attempt_n: number | null
  /** Where it came in when that was an account's own address; null: at an attempt's. */
  account: string | null
  provider: string
  dedupe_key: string
  headers: string
  body: Uint8Array
  verdict: string
  /** The job that it names. */
  provider_task_id: string | null
  operation: string | null
  /** Looks that found no such job. */
  misses: number
  received_at: number
}

export type EndpointRow = {
  id: string
  project_id: string
  url: string
  description: string | null
  events: string
  payload: string
  secrets: string
  disabled_reason: string | null
  created_at: number
}

/** An address that deliveries go to: an endpoint, or the origin of a project's `callback_url`s. */
export type WebhookTargetRow = {
  key: string
  project_id: string
  /** When a pending delivery to it may be tried next; null: nothing is pending. */
  next_due_at: number | null
  failures: number
  failing_since: number | null
  open_until: number | null
}

export type DeliveryRow = {
  id: string
  project_id: string
  task_id: string | null
  endpoint_id: string | null
  target_key: string
  event_id: string
  type: string
  sequence: number
  url: string
  state: string
  attempts: number
  step: number
  /** Also the end of the lease while one is held. */
  due_at: number
  lease_owner: string | null
  fence: number
  created_at: number
  /** When its schedule began: again with each resend. */
  started_at: number
  ended_at: number | null
  snapshot: string | null
}

export type DeliveryAttemptRow = {
  delivery_id: string
  project_id: string
  n: number
  at: number
  latency_ms: number
  status: number | null
  error: string | null
  response_body: string | null
}

/** Counters behind a project's limits. `day` is the UTC day that `day_tasks` counts, as days since the epoch. */
export type ProjectUsageRow = { project_id: string; in_flight: number; day: number; day_tasks: number }

export type InstanceRow = {
  id: string
  project_id: string
  started_at: number
  seen_at: number
  version: string
  role: string | null
  host: string | null
}

/** An export that left this database (`out`), or was imported into it (`in`). */
export type MoveRow = { export_id: string; direction: string; at: number }

/** Work that one process is enough for. */
export type DutyRow = { name: string; project_id: string; owner: string; until_at: number }

export type Tables = {
  tasks: TaskRow
  schedule: ScheduleRow
  attempts: AttemptRow
  artifacts: ArtifactRow
  task_events: TaskEventRow
  idempotency: IdempotencyRow
  client_replays: ClientReplayRow
  api_keys: ApiKeyRow
  projects: ProjectRow
  rate_buckets: RateBucketRow
  duration_stats: DurationStatRow
  duration_sketches: DurationSketchRow
  callbacks_in: CallbackInRow
  endpoints: EndpointRow
  webhook_targets: WebhookTargetRow
  deliveries: DeliveryRow
  delivery_attempts: DeliveryAttemptRow
  project_usage: ProjectUsageRow
  instances: InstanceRow
  duties: DutyRow
  moves: MoveRow
}
