import type { Kysely } from 'kysely'
import type { Delivery, DeliveryAttempt, DeliveryPage, DeliveryQuery, ResendQuery } from '../webhook-store.ts'
import type { DeliveryRow, Tables } from './schema.ts'
import type { Transaction } from './transaction.ts'
import { attemptOfRow, deliveryOfRow } from './webhook-rows.ts'
import { openTarget, rescheduleTarget } from './webhook-targets.ts'

type Reading = { db: Kysely<Tables> }

/** Deliveries that one call sends again. */
const RESENT_MAX = 10_000

const findRow = ({ db }: Reading, projectId: string, id: string): Promise<DeliveryRow | undefined> =>
  db
    .selectFrom('deliveries')
    .selectAll()
    .where('id', '=', id)
    .where('project_id', '=', projectId)
    .executeTakeFirst()

export async function findDelivery(
  reading: Reading,
  projectId: string,
  id: string,
): Promise<Delivery | undefined> {
  const row = await findRow(reading, projectId, id)
  return row === undefined ? undefined : deliveryOfRow(row)
}

export async function deliveryAttempts(
  { db }: Reading,
  deliveryId: string,
): Promise<readonly DeliveryAttempt[]> {
  const rows = await db
    .selectFrom('delivery_attempts')
    .selectAll()
    .where('delivery_id', '=', deliveryId)
    .orderBy('n')
    .execute()
  return rows.map(attemptOfRow)
}

/** From the newest to the oldest, by keyset. */
export async function listDeliveries(reading: Reading, query: DeliveryQuery): Promise<DeliveryPage> {
  let select = reading.db.selectFrom('deliveries').selectAll().where('project_id', '=', query.projectId)
  if (query.taskId !== null) select = select.where('task_id', '=', query.taskId)
  if (query.endpointId !== null) select = select.where('endpoint_id', '=', query.endpointId)
  if (query.state !== null) select = select.where('state', '=', query.state)
  if (query.after !== null) {
    const { created_at: at, id } = (await findRow(reading, query.projectId, query.after)) ?? {
      created_at: -1,
      id: '',
    }
    select = select.where((where) =>
      where.or([
        where('created_at', '<', at),
        where.and([where('created_at', '=', at), where('id', '<', id)]),
      ]),
    )
  }
  const rows = await select
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(query.limit + 1)
    .execute()
  return {
    deliveries: rows.slice(0, query.limit).map(deliveryOfRow),
    hasMore: rows.length > query.limit,
  }
}

export async function resendDelivery(
  transaction: Transaction,
  projectId: string,
  id: string,
): Promise<Delivery | 'missing' | 'pending'> {
  const row = await findRow(transaction, projectId, id)
  if (row === undefined) return 'missing'
  if (row.state === 'pending') return 'pending'
  if ((await withAddress(transaction, [row])).length === 0) return 'missing'
  await restart(transaction, [row])
  const after = await findRow(transaction, projectId, id)
  return after === undefined ? 'missing' : deliveryOfRow(after)
}

export async function resendFailed(transaction: Transaction, query: ResendQuery): Promise<number> {
  let select = transaction.db
    .selectFrom('deliveries')
    .selectAll()
    .where('project_id', '=', query.projectId)
    .where('state', 'in', ['exhausted', 'cancelled'])
    .where('created_at', '>=', query.sinceMs)
  if (query.endpointId !== null) select = select.where('endpoint_id', '=', query.endpointId)
  const failed = await select.orderBy('created_at').limit(RESENT_MAX).execute()
  const rows = await withAddress(transaction, failed)
  await restart(transaction, rows)
  return rows.length
}

/** Those that have somewhere to go: the endpoint is there and wants them, or it is a callback. */
async function withAddress(
  { db }: Transaction,
  rows: readonly DeliveryRow[],
): Promise<readonly DeliveryRow[]> {
  const projectIds = [...new Set(rows.map((row) => row.project_id))]
  if (projectIds.length === 0) return []
  const enabled = await db
    .selectFrom('endpoints')
    .select('id')
    .where('project_id', 'in', projectIds)
    .where('disabled_reason', 'is', null)
    .execute()
  const ids = new Set(enabled.map(({ id }) => id))
  return rows.filter((row) => row.endpoint_id === null || ids.has(row.endpoint_id))
}

/** The schedule begins again; the event keeps its id, so that a receiver that has seen it knows it. */
async function restart(transaction: Transaction, rows: readonly DeliveryRow[]): Promise<void> {
  const { db, nowMs } = transaction
  for (const row of rows) {
    await db
      .updateTable('deliveries')
      .set({ state: 'pending', step: 0, due_at: nowMs, ended_at: null, lease_owner: null })
      .where('id', '=', row.id)
      .execute()
  }
  const targets = new Map(rows.map((row) => [row.target_key, row.project_id]))
  for (const [key, projectId] of targets) {
    await openTarget(transaction, key, projectId)
    await rescheduleTarget(transaction, key)
  }
  if (rows.length > 0) transaction.outbox.filled = true
}
