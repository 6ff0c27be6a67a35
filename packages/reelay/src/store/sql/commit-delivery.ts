import { healthAfter, isLost } from '../../webhooks/circuit.ts'
import type { DeliveryClaim, DeliveryMove, DisabledReason } from '../webhook-store.ts'
import type { DeliveryRow } from './schema.ts'
import { forUpdate } from './locks.ts'
import { appendEvents } from './timeline.ts'
import type { Transaction } from './transaction.ts'
import { openTarget, rescheduleTarget, saveHealth, targetKeyOf } from './webhook-targets.ts'
import { PENDING } from './pending.ts'

const EXHAUSTED_AT_ONCE = 200
/** Attempts of one delivery that the log keeps: the last ones. */
const ATTEMPTS_KEPT = 100

type Held = Pick<DeliveryClaim, 'owner' | 'fence' | 'delivery'>

const held = (transaction: Transaction, claim: Held): Promise<DeliveryRow | undefined> =>
  forUpdate(
    transaction,
    transaction.db
      .selectFrom('deliveries')
      .selectAll()
      .where('id', '=', claim.delivery.id)
      .where('fence', '=', claim.fence)
      .where('lease_owner', '=', claim.owner),
  ).executeTakeFirst()

/** An attempt, what becomes of its delivery, and the record of its address, in one transaction. */
export async function commitDelivery(transaction: Transaction, move: DeliveryMove): Promise<boolean> {
  const { db, locks, nowMs } = transaction
  const { delivery } = move.claim
  if (delivery.taskId !== null) await locks.hold('task', delivery.taskId)
  await locks.hold('target', targetKeyOf(delivery))
  const row = await held(transaction, move.claim)
  if (row === undefined) return false
  const n = row.attempts + 1
  await addAttempt(transaction, row, n, move)
  const isOver = move.state !== 'pending'
  await db
    .updateTable('deliveries')
    .set({
      state: move.state,
      attempts: n,
      step: move.step,
      due_at: move.dueAtMs,
      url: move.claim.delivery.url,
      lease_owner: null,
      ended_at: isOver ? nowMs : null,
    })
    .where('id', '=', row.id)
    .execute()
  await noteOnTimeline(transaction, row, n, move)
  const before = await openTarget(transaction, row.target_key, row.project_id)
  const health = move.target === null ? before : healthAfter(before, { ...move.target, nowMs })
  await saveHealth(transaction, row.target_key, health)
  const reason = move.disable ?? (isLost(health, nowMs) ? 'failing' : null)
  if (reason !== null && row.endpoint_id !== null) await disable(transaction, row.endpoint_id, reason)
  if (move.target?.worked === false) await exhaustOld(transaction, row.target_key, nowMs - move.lifetimeMs)
  await rescheduleTarget(transaction, row.target_key)
  return true
}

/**
 * What waits behind an open circuit gets few attempts: it ends with its time, whether its steps are used up or not. So many
 * at a time, for others wait for this transaction.
 */
async function exhaustOld(
  transaction: Transaction,
  targetKey: string,
  startedBeforeMs: number,
): Promise<void> {
  const { db, locks, nowMs } = transaction
  const waiting = await db
    .selectFrom('deliveries')
    .select(['id', 'task_id', 'project_id', 'type', 'attempts'])
    .where('target_key', '=', targetKey)
    .where('state', '=', PENDING)
    .where('lease_owner', 'is', null)
    .where('started_at', '<=', startedBeforeMs)
    .limit(EXHAUSTED_AT_ONCE)
    .execute()
  const rows: typeof waiting = []
  // A task that somebody is writing to is left for the next time: its lock comes before that of the address.
  for (const row of waiting) {
    if (row.task_id === null || (await locks.tryHold('task', row.task_id))) rows.push(row)
  }
  if (rows.length === 0) return
  const ids = rows.map(({ id }) => id)
  await db
    .updateTable('deliveries')
    .set({ state: 'exhausted', ended_at: nowMs })
    .where('id', 'in', ids)
    .execute()
  for (const { id, task_id: taskId, project_id: projectId, type, attempts } of rows) {
    if (taskId === null) continue
    const data = {
      event: type,
      delivery: id,
      attempts,
      error: 'Its address was down for as long as it is tried.',
    }
    await appendEvents(transaction, { id: taskId, projectId }, [{ kind: 'webhook.exhausted', data }])
  }
}

async function addAttempt(
  { db }: Transaction,
  row: DeliveryRow,
  n: number,
  { attempt }: DeliveryMove,
): Promise<void> {
  await db
    .insertInto('delivery_attempts')
    .values({
      delivery_id: row.id,
      project_id: row.project_id,
      n,
      at: attempt.atMs,
      latency_ms: attempt.latencyMs,
      status: attempt.status,
      error: attempt.error,
      response_body: attempt.responseBody,
    })
    .execute()
  // A delivery can be sent again as often as anybody likes.
  await db
    .deleteFrom('delivery_attempts')
    .where('delivery_id', '=', row.id)
    .where('n', '<=', n - ATTEMPTS_KEPT)
    .execute()
}

async function noteOnTimeline(
  transaction: Transaction,
  row: DeliveryRow,
  attempt: number,
  { state, attempt: { status, error } }: DeliveryMove,
): Promise<void> {
  if (row.task_id === null) return
  const kind = state === 'pending' ? 'webhook.failed' : (`webhook.${state}` as const)
  const data = {
    event: row.type,
    delivery: row.id,
    attempt,
    ...(row.endpoint_id === null ? {} : { endpoint: row.endpoint_id }),
    ...(status === null ? {} : { status }),
    ...(error === null ? {} : { error }),
  }
  await appendEvents(transaction, { id: row.task_id, projectId: row.project_id }, [{ kind, data }])
}

/** Everything that still waits for the endpoint ends with it; it can be sent again once it is enabled. */
async function disable(transaction: Transaction, endpointId: string, reason: DisabledReason): Promise<void> {
  await transaction.db
    .updateTable('endpoints')
    .set({ disabled_reason: reason })
    .where('id', '=', endpointId)
    .where('disabled_reason', 'is', null)
    .execute()
  await cancelPending(transaction, endpointId)
}

/** The fence rises: an attempt that is under way writes nothing any more. */
export async function cancelPending({ db, nowMs }: Transaction, endpointId: string): Promise<void> {
  await db
    .updateTable('deliveries')
    .set((set) => ({ state: 'cancelled', ended_at: nowMs, lease_owner: null, fence: set('fence', '+', 1) }))
    .where('target_key', '=', endpointId)
    .where('state', '=', PENDING)
    .execute()
}

/** The endpoint has a new URL: what is under way to the old one says nothing of it, and goes to the new one at once. */
export async function recallDeliveries({ db, nowMs }: Transaction, endpointId: string): Promise<void> {
  await db
    .updateTable('deliveries')
    .set((set) => ({ due_at: nowMs, lease_owner: null, fence: set('fence', '+', 1) }))
    .where('target_key', '=', endpointId)
    .where('lease_owner', 'is not', null)
    .execute()
}

export async function releaseDeliveries(transaction: Transaction, claims: readonly Held[]): Promise<void> {
  const { db, locks, nowMs } = transaction
  for (const claim of claims) {
    await locks.hold('target', targetKeyOf(claim.delivery))
    const row = await held(transaction, claim)
    if (row === undefined) continue
    await db
      .updateTable('deliveries')
      .set({ due_at: nowMs, lease_owner: null })
      .where('id', '=', row.id)
      .execute()
    await rescheduleTarget(transaction, row.target_key)
  }
}

/** Embedded start: the only owner takes back what the last process held. */
export async function clearDeliveryLeases({ db, nowMs }: Transaction): Promise<void> {
  await db
    .updateTable('deliveries')
    .set((set) => ({ due_at: nowMs, lease_owner: null, fence: set('fence', '+', 1) }))
    .where('lease_owner', 'is not', null)
    .execute()
  // Looked at once: each then says itself when its next delivery is due.
  await db
    .updateTable('webhook_targets')
    .set((set) => ({ next_due_at: set.fn.coalesce('open_until', set.val(nowMs)) }))
    .where('next_due_at', 'is not', null)
    .execute()
}
