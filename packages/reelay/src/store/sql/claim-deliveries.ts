import { requestsMax } from '../../webhooks/circuit.ts'
import type { DeliveryBatch, DeliveryClaim, DeliveryClaimQuery } from '../webhook-store.ts'
import { loadTasks } from './load-task.ts'
import type { DeliveryRow, EndpointRow, WebhookTargetRow } from './schema.ts'
import type { Transaction } from './transaction.ts'
import { deliveryOfRow, endpointOfRow, healthOfRow, secretsOf } from './webhook-rows.ts'
import { leasedCount, rescheduleTarget } from './webhook-targets.ts'
import { PENDING } from './pending.ts'

/** Addresses looked at by one claim. */
const TARGETS_MAX = 64

/**
 * Takes a few deliveries of each address that is due, the address that waits longest first. Those that have failed come
 * last, and only within their share: however many are dead, the others are not kept waiting.
 */
export async function claimDeliveries(
  transaction: Transaction,
  query: DeliveryClaimQuery,
): Promise<DeliveryBatch> {
  const leased: DeliveryRow[] = []
  for (const target of await dueTargets(transaction, '=', TARGETS_MAX)) {
    leased.push(...(await take(transaction, target, query, query.limit - leased.length)))
  }
  const failing = new Set<string>()
  let share = query.failingLimit
  for (const target of await dueTargets(transaction, '>', Math.min(TARGETS_MAX, share))) {
    const rows = await take(transaction, target, query, Math.min(share, query.limit - leased.length))
    failing.add(target.key)
    share -= rows.length
    leased.push(...rows)
  }
  const batch = await withContext(transaction, leased, { owner: query.owner, failing })
  return { ...batch, nextDueAtMs: await nextDue(transaction, share > 0) }
}

/** Addresses that are due, those without (`=`) or with (`>`) failures since they last worked. */
async function dueTargets(
  { db, nowMs }: Transaction,
  failures: '=' | '>',
  limit: number,
): Promise<readonly WebhookTargetRow[]> {
  if (limit <= 0) return []
  return db
    .selectFrom('webhook_targets')
    .selectAll()
    .where('next_due_at', '<=', nowMs)
    .where('failures', failures, 0)
    .orderBy('next_due_at')
    .limit(limit)
    .execute()
}

async function take(
  transaction: Transaction,
  target: WebhookTargetRow,
  query: DeliveryClaimQuery,
  left: number,
): Promise<readonly DeliveryRow[]> {
  const room = requestsMax(healthOfRow(target)) - (await leasedCount(transaction, target.key))
  const limit = Math.min(room, left)
  const rows = limit > 0 ? await lease(transaction, target.key, limit, query) : []
  await rescheduleTarget(transaction, target.key)
  return rows
}

/** `due_at` becomes the lease's end and the fence rises, as with tasks. */
async function lease(
  { db, nowMs }: Transaction,
  key: string,
  limit: number,
  { owner, leaseMs }: DeliveryClaimQuery,
): Promise<readonly DeliveryRow[]> {
  return db
    .updateTable('deliveries')
    .set((set) => ({ due_at: nowMs + leaseMs, lease_owner: owner, fence: set('fence', '+', 1) }))
    .where('id', 'in', (select) =>
      select
        .selectFrom('deliveries')
        .select('id')
        .where('target_key', '=', key)
        .where('state', '=', PENDING)
        .where('due_at', '<=', nowMs)
        .orderBy('due_at')
        .limit(limit),
    )
    .returningAll()
    .execute()
}

type Context = { owner: string; failing: ReadonlySet<string> }

/** What an attempt needs besides its row. One that cannot be read must not keep the others from being sent. */
async function withContext(
  transaction: Transaction,
  rows: readonly DeliveryRow[],
  context: Context,
): Promise<Pick<DeliveryBatch, 'claims' | 'unreadable'>> {
  if (rows.length === 0) return { claims: [], unreadable: [] }
  const { tasks } = await loadTasks(
    transaction,
    rows.flatMap((row) => row.task_id ?? []),
  )
  const endpoints = await endpointRows(transaction, rows)
  const secrets = await projectSecrets(transaction, rows)
  const claims: DeliveryClaim[] = []
  const unreadable: string[] = []
  for (const row of rows) {
    try {
      const endpointRow = endpoints.get(row.endpoint_id ?? '')
      const endpoint = endpointRow === undefined ? null : endpointOfRow(endpointRow)
      const delivery = deliveryOfRow(row)
      claims.push({
        // An endpoint may have moved since the event happened.
        delivery: endpoint === null ? delivery : { ...delivery, url: endpoint.url },
        owner: context.owner,
        fence: row.fence,
        failing: context.failing.has(row.target_key),
        endpoint,
        task: tasks.get(row.task_id ?? '') ?? null,
        secrets: endpoint?.secrets ?? secretsOf(secrets.get(row.project_id) ?? null),
      })
    } catch {
      unreadable.push(row.id)
    }
  }
  return { claims, unreadable }
}

async function endpointRows(
  { db }: Transaction,
  rows: readonly DeliveryRow[],
): Promise<ReadonlyMap<string, EndpointRow>> {
  const ids = [...new Set(rows.flatMap((row) => row.endpoint_id ?? []))]
  if (ids.length === 0) return new Map()
  const found = await db.selectFrom('endpoints').selectAll().where('id', 'in', ids).execute()
  return new Map(found.map((row) => [row.id, row]))
}

async function projectSecrets(
  { db }: Transaction,
  rows: readonly DeliveryRow[],
): Promise<ReadonlyMap<string, string | null>> {
  const ids = [...new Set(rows.map((row) => row.project_id))]
  const found = await db
    .selectFrom('projects')
    .select(['id', 'webhook_secrets'])
    .where('id', 'in', ids)
    .execute()
  return new Map(found.map((row) => [row.id, row.webhook_secrets]))
}

/** While the share of failing addresses is used up, they are not due: what is under way there has to end first. */
async function nextDue({ db }: Transaction, withFailing: boolean): Promise<number | null> {
  let query = db
    .selectFrom('webhook_targets')
    .select('next_due_at')
    .where('next_due_at', 'is not', null)
    .orderBy('next_due_at')
    .limit(1)
  if (!withFailing) query = query.where('failures', '=', 0)
  return (await query.executeTakeFirst())?.next_due_at ?? null
}
