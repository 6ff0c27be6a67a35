import { sql, type ExpressionBuilder, type Kysely } from 'kysely'
import type { Delivery, DeliveryAttempt, DeliveryPage, DeliveryQuery, ResendQuery } from '../webhook-store.ts'
import type { DeliveryRow, Tables } from './schema.ts'
import type { Transaction } from './transaction.ts'
import { attemptOfRow, deliveryOfRow } from './webhook-rows.ts'
import { openTarget, rescheduleTarget } from './webhook-targets.ts'
import { PENDING } from './pending.ts'

type Reading = { db: Kysely<Tables> }

/** Deliveries that one transaction sends again: others wait for it. */
export const RESENT_AT_ONCE = 1_000
/** The last attempts of a delivery, however often it was sent again. */
const ATTEMPTS_SHOWN = 100

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
    .orderBy('n', 'desc')
    .limit(ATTEMPTS_SHOWN)
    .execute()
  return rows.toReversed().map(attemptOfRow)
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
    // As one comparison: with an `or` the planner reads the pages before again.
    select = select.where(sql<boolean>`(created_at, id) < (${at}, ${id})`)
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
  if (!(await hasAddress(transaction, row))) return 'missing'
  await restart(transaction, [row])
  const after = await findRow(transaction, projectId, id)
  // Its endpoint was disabled, or its record removed, since it was looked for.
  return after?.state === 'pending' ? deliveryOfRow(after) : 'missing'
}

/** One batch of them. Answers how many: fewer than `RESENT_AT_ONCE` were the last. */
export async function resendFailed(transaction: Transaction, query: ResendQuery): Promise<number> {
  let select = transaction.db
    .selectFrom('deliveries')
    .selectAll()
    .where('project_id', '=', query.projectId)
    .where('state', 'in', ['exhausted', 'cancelled'])
    .where('created_at', '>=', query.sinceMs)
    .where((where) =>
      where.or([where('endpoint_id', 'is', null), where('endpoint_id', 'in', enabledIn(query.projectId))]),
    )
  if (query.endpointId !== null) select = select.where('endpoint_id', '=', query.endpointId)
  const rows = await select.orderBy('created_at').limit(RESENT_AT_ONCE).execute()
  await restart(transaction, rows)
  return rows.length
}

type Where = ExpressionBuilder<Tables, 'deliveries'>

/** What is sent to a disabled endpoint, or one that is gone, would never leave. */
const enabledEndpoints = (where: Where) =>
  where.selectFrom('endpoints').select('endpoints.id').where('endpoints.disabled_reason', 'is', null)

const enabledIn = (projectId: string) => (where: Where) =>
  enabledEndpoints(where).where('endpoints.project_id', '=', projectId)

async function hasAddress({ db }: Transaction, row: DeliveryRow): Promise<boolean> {
  if (row.endpoint_id === null) return true
  const endpoint = await db
    .selectFrom('endpoints')
    .select('id')
    .where('id', '=', row.endpoint_id)
    .where('disabled_reason', 'is', null)
    .executeTakeFirst()
  return endpoint !== undefined
}

/** The schedule begins again; the event keeps its id, so that a receiver that has seen it knows it. */
async function restart(transaction: Transaction, rows: readonly DeliveryRow[]): Promise<void> {
  if (rows.length === 0) return
  const { db, locks, nowMs } = transaction
  const targets = new Map(rows.map((row) => [row.target_key, row.project_id]))
  for (const key of [...targets.keys()].toSorted()) await locks.hold('target', key)
  await db
    .updateTable('deliveries')
    .set({ state: 'pending', step: 0, due_at: nowMs, started_at: nowMs, ended_at: null, lease_owner: null })
    .where(
      'id',
      'in',
      rows.map(({ id }) => id),
    )
    // Asked again under the locks: somebody may have sent it again, or disabled its endpoint, meanwhile.
    .where('state', '!=', PENDING)
    .where((where) =>
      where.or([where('endpoint_id', 'is', null), where('endpoint_id', 'in', enabledEndpoints)]),
    )
    .execute()
  for (const [key, projectId] of targets) {
    await openTarget(transaction, key, projectId)
    await rescheduleTarget(transaction, key)
  }
  transaction.outbox.filled = true
}
