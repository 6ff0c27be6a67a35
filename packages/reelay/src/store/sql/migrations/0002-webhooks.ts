import { sql, type Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'

const DEFAULT_PROJECT = 'default'

/**
 * The outbox as it is used, signing secrets, limits and the counters behind them. The first schema's `endpoints` and
 * `deliveries` were never written to, so they are made anew.
 */
export function webhooksMigration(): Migration {
  return {
    up: async (db: Kysely<unknown>) => {
      await db.schema.dropTable('deliveries').execute()
      await db.schema.dropTable('endpoints').execute()
      await createEndpointTables(db)
      await createDeliveryTables(db)
      await createLimitTables(db)
    },
  }
}

const table = (db: Kysely<unknown>, name: string) =>
  db.schema.createTable(name).addColumn('project_id', 'text', (c) => c.notNull().defaultTo(DEFAULT_PROJECT))

async function createEndpointTables(db: Kysely<unknown>): Promise<void> {
  await table(db, 'endpoints')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('url', 'text', (c) => c.notNull())
    .addColumn('description', 'text')
    .addColumn('events', 'text', (c) => c.notNull())
    .addColumn('payload', 'text', (c) => c.notNull())
    .addColumn('secrets', 'text', (c) => c.notNull())
    .addColumn('disabled_reason', 'text')
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .execute()
  await db.schema
    .createIndex('endpoints_project')
    .on('endpoints')
    .columns(['project_id', 'created_at'])
    .execute()
  // One row per address that has something pending or a record of failures: what keeps a dead one from delaying others.
  await table(db, 'webhook_targets')
    .addColumn('key', 'text', (c) => c.primaryKey())
    .addColumn('next_due_at', 'bigint')
    .addColumn('failures', 'integer', (c) => c.notNull())
    .addColumn('failing_since', 'bigint')
    .addColumn('open_until', 'bigint')
    .execute()
  await db.schema
    .createIndex('webhook_targets_due')
    .on('webhook_targets')
    .columns(['project_id', 'next_due_at'])
    .execute()
}

async function createDeliveryTables(db: Kysely<unknown>): Promise<void> {
  await table(db, 'deliveries')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('task_id', 'text')
    .addColumn('endpoint_id', 'text')
    .addColumn('target_key', 'text', (c) => c.notNull())
    .addColumn('event_id', 'text', (c) => c.notNull())
    .addColumn('type', 'text', (c) => c.notNull())
    .addColumn('sequence', 'integer', (c) => c.notNull())
    .addColumn('url', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('attempts', 'integer', (c) => c.notNull())
    .addColumn('step', 'integer', (c) => c.notNull())
    .addColumn('due_at', 'bigint', (c) => c.notNull())
    .addColumn('lease_owner', 'text')
    .addColumn('fence', 'bigint', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('started_at', 'bigint', (c) => c.notNull())
    .addColumn('ended_at', 'bigint')
    .addColumn('snapshot', 'text')
    .execute()
  await sql`create index deliveries_pending on deliveries (target_key, due_at) where state = 'pending'`.execute(
    db,
  )
  await sql`create index deliveries_leased on deliveries (target_key, due_at)
    where lease_owner is not null`.execute(db)
  // An event goes to an address once, whatever happens: a step that is done twice adds nothing.
  await db.schema
    .createIndex('deliveries_once')
    .on('deliveries')
    .columns(['event_id', 'target_key'])
    .unique()
    .execute()
  await db.schema
    .createIndex('deliveries_page')
    .on('deliveries')
    .columns(['project_id', 'created_at', 'id'])
    .execute()
  for (const [name, columns] of [
    ['deliveries_task', ['task_id']],
    ['deliveries_endpoint', ['endpoint_id']],
    ['deliveries_state', ['project_id', 'state']],
  ] as const) {
    await db.schema
      .createIndex(name)
      .on('deliveries')
      .columns([...columns, 'created_at', 'id'])
      .execute()
  }
  await table(db, 'delivery_attempts')
    .addColumn('delivery_id', 'text', (c) => c.notNull())
    .addColumn('n', 'integer', (c) => c.notNull())
    .addColumn('at', 'bigint', (c) => c.notNull())
    .addColumn('latency_ms', 'integer', (c) => c.notNull())
    .addColumn('status', 'integer')
    .addColumn('error', 'text')
    .addColumn('response_body', 'text')
    .addPrimaryKeyConstraint('delivery_attempts_pk', ['delivery_id', 'n'])
    .execute()
}

async function createLimitTables(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('projects').addColumn('webhook_secrets', 'text').execute()
  await db.schema.alterTable('projects').addColumn('limits', 'text').execute()
  await db.schema.alterTable('api_keys').addColumn('expires_at', 'bigint').execute()
  // Counted as tasks come and end, so that a create asks one row instead of counting many.
  await db.schema
    .createTable('project_usage')
    .addColumn('project_id', 'text', (c) => c.primaryKey())
    .addColumn('in_flight', 'integer', (c) => c.notNull())
    .addColumn('day', 'integer', (c) => c.notNull())
    .addColumn('day_tasks', 'integer', (c) => c.notNull())
    .execute()
  await sql`insert into project_usage (project_id, in_flight, day, day_tasks)
    select project_id, count(*), 0, 0 from tasks where state not in ('completed', 'failed', 'error')
    group by project_id`.execute(db)
}
