CREATE TABLE "api_keys" ("project_id" text default 'default' not null,
  "id" text primary key,
  "name" text not null,
  "secret_hash" text not null unique,
  "scopes" text not null,
  "profile" text not null,
  "created_at" bigint not null,
  "last_used_at" bigint,
  "revoked_at" bigint,
  "expires_at" bigint);

CREATE TABLE "artifacts" ("project_id" text default 'default' not null,
  "task_id" text not null,
  "role" text not null,
  "idx" integer not null,
  "storage_key" text not null,
  "sha256" text not null,
  "bytes" bigint not null,
  "mime" text not null,
  "width" integer,
  "height" integer,
  "duration_ms" integer,
  "codec" text, constraint "artifacts_pk" primary key ("task_id",
  "role",
  "idx"));

CREATE TABLE "attempts" ("project_id" text default 'default' not null,
  "task_id" text not null,
  "n" integer not null,
  "account" text not null,
  "model" text not null,
  "state" text not null,
  "client_token" text not null,
  "callback_token_hash" text,
  "provider_task_id" text,
  "operation" text,
  "started_at" bigint not null,
  "answered_at" bigint,
  "ended_at" bigint,
  "raw_answer" text, constraint "attempts_pk" primary key ("task_id",
  "n"));

CREATE TABLE "callbacks_in" ("project_id" text default 'default' not null,
  "id" text primary key,
  "task_id" text,
  "attempt_n" integer,
  "provider" text not null,
  "dedupe_key" text not null unique,
  "headers" text not null,
  "body" blob not null,
  "verdict" text not null,
  "received_at" bigint not null,
  "account" text,
  "provider_task_id" text,
  "operation" text,
  "misses" integer default 0 not null);

CREATE TABLE "client_replays" ("project_id" text default 'default' not null,
  "id" text primary key,
  "fingerprint" text not null,
  "client_attempt" integer not null,
  "task_id" text not null,
  "created_at" bigint not null,
  "answered_at" bigint);

CREATE TABLE "deliveries" ("project_id" text default 'default' not null,
  "id" text primary key,
  "task_id" text,
  "endpoint_id" text,
  "target_key" text not null,
  "event_id" text not null,
  "type" text not null,
  "sequence" integer not null,
  "url" text not null,
  "state" text not null,
  "attempts" integer not null,
  "step" integer not null,
  "due_at" bigint not null,
  "lease_owner" text,
  "fence" bigint not null,
  "created_at" bigint not null,
  "started_at" bigint not null,
  "ended_at" bigint,
  "snapshot" text);

CREATE TABLE "delivery_attempts" ("project_id" text default 'default' not null,
  "delivery_id" text not null,
  "n" integer not null,
  "at" bigint not null,
  "latency_ms" integer not null,
  "status" integer,
  "error" text,
  "response_body" text, constraint "delivery_attempts_pk" primary key ("delivery_id",
  "n"));

CREATE TABLE "duration_sketches" ("stat_key" text not null,
  "era" integer not null,
  "shard" integer not null,
  "lower_ms" bigint not null,
  "upper_ms" bigint not null,
  "seen" integer not null, constraint "duration_sketches_pk" primary key ("stat_key",
  "era",
  "shard",
  "lower_ms",
  "upper_ms"));

CREATE TABLE "duration_stats" ("project_id" text default 'default' not null,
  "stat_key" text not null,
  "seq" integer not null,
  "lower_ms" bigint not null,
  "upper_ms" bigint not null,
  "exact_ms" bigint,
  "at" bigint not null, constraint "duration_stats_pk" primary key ("stat_key",
  "seq"));

CREATE TABLE "duties" ("project_id" text default 'default' not null,
  "name" text primary key,
  "owner" text not null,
  "until_at" bigint not null);

CREATE TABLE "endpoints" ("project_id" text default 'default' not null,
  "id" text primary key,
  "url" text not null,
  "description" text,
  "events" text not null,
  "payload" text not null,
  "secrets" text not null,
  "disabled_reason" text,
  "created_at" bigint not null);

CREATE TABLE "idempotency" ("project_id" text default 'default' not null,
  "route" text not null,
  "key" text not null,
  "fingerprint" text not null,
  "task_id" text not null,
  "expires_at" bigint not null, constraint "idempotency_pk" primary key ("project_id",
  "route",
  "key"));

CREATE TABLE "instances" ("project_id" text default 'default' not null,
  "id" text primary key,
  "started_at" bigint not null,
  "seen_at" bigint not null,
  "version" text not null,
  "role" text,
  "host" text);

CREATE TABLE "moves" ("export_id" text primary key,
  "direction" text not null,
  "at" bigint not null);

CREATE TABLE "project_usage" ("project_id" text primary key,
  "in_flight" integer not null,
  "day" integer not null,
  "day_tasks" integer not null);

CREATE TABLE "projects" ("id" text primary key,
  "name" text not null,
  "created_at" bigint not null,
  "webhook_secrets" text,
  "limits" text);

CREATE TABLE "rate_buckets" ("project_id" text default 'default' not null,
  "account" text primary key,
  "tokens" double precision not null,
  "refilled_at" bigint not null,
  "paused_until" bigint,
  "pause_reason" text);

CREATE TABLE "schedule" ("project_id" text default 'default' not null,
  "task_id" text primary key,
  "account" text not null,
  "due_at" bigint not null,
  "lease_owner" text,
  "fence" bigint not null,
  "wake_seq" bigint not null,
  "looked_at" bigint,
  "callback_tokens" integer,
  "callback_refilled_at" bigint,
  "callback_due_at" bigint,
  "hint_step" integer,
  "goes_first" integer default 0 not null);

CREATE TABLE "task_events" ("project_id" text default 'default' not null,
  "task_id" text not null,
  "seq" integer not null,
  "at" bigint not null,
  "kind" text not null,
  "data" text, constraint "task_events_pk" primary key ("task_id",
  "seq"));

CREATE TABLE "tasks" ("project_id" text default 'default' not null,
  "id" text primary key,
  "profile" text not null,
  "state" text not null,
  "provider_waits" integer not null,
  "progress" integer not null,
  "model" text not null,
  "request" text not null,
  "candidates" text not null,
  "candidate" integer not null,
  "attempt_n" integer,
  "outputs" text,
  "outputs_expire_at" bigint,
  "missing" text,
  "faults" integer not null,
  "warnings" text not null,
  "error" text,
  "callback_url" text,
  "metadata" text,
  "created_at" bigint not null,
  "updated_at" bigint not null,
  "completed_at" bigint,
  "deadline_at" bigint not null,
  "cancel_requested_at" bigint,
  "deleted_at" bigint,
  "retrieved_at" bigint,
  "version" integer not null,
  "expires_at" bigint,
  "files_removed_at" bigint);

CREATE TABLE "webhook_targets" ("project_id" text default 'default' not null,
  "key" text primary key,
  "next_due_at" bigint,
  "failures" integer not null,
  "failing_since" bigint,
  "open_until" bigint);

CREATE UNIQUE INDEX attempts_callback on attempts (callback_token_hash)
        where callback_token_hash is not null;

CREATE UNIQUE INDEX attempts_job on attempts (account, provider_task_id) where provider_task_id is not null;

CREATE INDEX attempts_open on attempts (account) where ended_at is null;

CREATE INDEX "callbacks_in_attempt" on "callbacks_in" ("task_id",
  "attempt_n",
  "verdict");

CREATE INDEX "callbacks_in_received" on "callbacks_in" ("received_at");

CREATE INDEX callbacks_in_strays on callbacks_in (account, received_at)
        where task_id is null;

CREATE INDEX "client_replays_match" on "client_replays" ("project_id",
  "fingerprint",
  "client_attempt",
  "created_at");

CREATE INDEX "client_replays_task" on "client_replays" ("task_id");

CREATE INDEX "deliveries_endpoint" on "deliveries" ("endpoint_id",
  "created_at",
  "id");

CREATE INDEX deliveries_leased on deliveries (target_key, due_at)
    where lease_owner is not null;

CREATE UNIQUE INDEX "deliveries_once" on "deliveries" ("event_id",
  "target_key");

CREATE INDEX "deliveries_page" on "deliveries" ("project_id",
  "created_at",
  "id");

CREATE INDEX deliveries_pending on deliveries (target_key, due_at) where state = 'pending';

CREATE INDEX "deliveries_state" on "deliveries" ("project_id",
  "state",
  "created_at",
  "id");

CREATE INDEX "deliveries_task" on "deliveries" ("task_id",
  "created_at",
  "id");

CREATE INDEX "delivery_attempts_at" on "delivery_attempts" ("at");

CREATE INDEX "endpoints_project" on "endpoints" ("project_id",
  "created_at");

CREATE INDEX "idempotency_expiry" on "idempotency" ("expires_at");

CREATE INDEX "schedule_due" on "schedule" ("account",
  "due_at");

CREATE INDEX schedule_first on schedule (account, due_at) where goes_first = 1;

CREATE INDEX "tasks_changed" on "tasks" ("project_id",
  "updated_at",
  "id");

CREATE INDEX tasks_ended on tasks (completed_at) where completed_at is not null;

CREATE INDEX tasks_expiring on tasks (expires_at)
        where expires_at is not null and files_removed_at is null;

CREATE INDEX "tasks_page" on "tasks" ("project_id",
  "created_at",
  "id");

CREATE INDEX "webhook_targets_due" on "webhook_targets" ("project_id",
  "next_due_at");
