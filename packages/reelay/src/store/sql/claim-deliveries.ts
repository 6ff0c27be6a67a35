import { requestsMax } from '../../webhooks/circuit.ts'
import type { DeliveryBatch, DeliveryClaim, DeliveryClaimQuery } from '../webhook-store.ts'
import { loadTasks } from './load-task.ts'
import type { DeliveryRow } from './schema.ts'
import type { Transaction } from './transaction.ts'
import { deliveryOfRow, endpointOfRow, healthOfRow, secretsOf } from './webhook-rows.ts'
import { leasedCount, rescheduleTarget } from './webhook-targets.ts'
import { PENDING } from './pending.ts'

/** Addresses looked at by one claim. */
const TARGETS_MAX = 64

/** Takes a few deliveries of each address that is due, the address that waits longest first. */
export async function claimDeliveries(
  transaction: Transaction,
  query: DeliveryClaimQuery,
): Promise<DeliveryBatch> {
  const { db, nowMs } = transaction
  const targets = await db
    .selectFrom('webhook_targets')
    .selectAll()
    .where('next_due_at', '<=', nowMs)
    .orderBy('next_due_at')
    .limit(TARGETS_MAX)
    .execute()
  const leased: DeliveryRow[] = []
  for (const target of targets) {
    const room = requestsMax(healthOfRow(target)) - (await leasedCount(transaction, target.key))
    const limit = Math.min(room, query.limit - leased.length)
    if (limit > 0) leased.push(...(await lease(transaction, target.key, limit, query)))
    await rescheduleTarget(transaction, target.key)
  }
  return {
    claims: await withContext(transaction, leased, query.owner),
    nextDueAtMs: await nextDue(transaction),
  }
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

async function withContext(
  transaction: Transaction,
  rows: readonly DeliveryRow[],
  owner: string,
): Promise<readonly DeliveryClaim[]> {
  if (rows.length === 0) return []
  const { tasks } = await loadTasks(
    transaction,
    rows.flatMap((row) => row.task_id ?? []),
  )
  const endpointIds = rows.flatMap((row) => row.endpoint_id ?? [])
  const endpointRows =
    endpointIds.length === 0
      ? []
      : await transaction.db.selectFrom('endpoints').selectAll().where('id', 'in', endpointIds).execute()
  const endpoints = new Map(endpointRows.map((row) => [row.id, endpointOfRow(row)]))
  const projectRows = await transaction.db
    .selectFrom('projects')
    .select(['id', 'webhook_secrets'])
    .where('id', 'in', [...new Set(rows.map((row) => row.project_id))])
    .execute()
  const projectSecrets = new Map(projectRows.map((row) => [row.id, secretsOf(row.webhook_secrets)]))
  return rows.map((row) => {
    const endpoint = endpoints.get(row.endpoint_id ?? '') ?? null
    const delivery = deliveryOfRow(row)
    return {
      // An endpoint may have moved since the event happened.
      delivery: endpoint === null ? delivery : { ...delivery, url: endpoint.url },
      owner,
      fence: row.fence,
      endpoint,
      task: tasks.get(row.task_id ?? '') ?? null,
      secrets: endpoint?.secrets ?? projectSecrets.get(row.project_id) ?? [],
    }
  })
}

async function nextDue({ db }: Transaction): Promise<number | null> {
  const next = await db
    .selectFrom('webhook_targets')
    .select('next_due_at')
    .where('next_due_at', 'is not', null)
    .orderBy('next_due_at')
    .limit(1)
    .executeTakeFirst()
  return next?.next_due_at ?? null
}
