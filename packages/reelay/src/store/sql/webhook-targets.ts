import { HEALTHY, requestsMax } from '../../webhooks/circuit.ts'
import type { TargetHealth } from '../webhook-store.ts'
import type { Transaction } from './transaction.ts'
import { healthOfRow } from './webhook-rows.ts'
import { PENDING } from './pending.ts'

type Writing = Pick<Transaction, 'db' | 'nowMs' | 'locks'>

/** Which record of failures a delivery counts for: its endpoint's, or that of the origin of the task's `callback_url`. */
export const targetKeyOf = (to: { projectId: string; endpointId: string | null; url: string }): string =>
  to.endpointId ?? `${to.projectId} ${new URL(to.url).origin}`

const isOrigin = (key: string): boolean => key.includes(' ')

/** The address's record, made when there is none. */
export async function openTarget(
  { db, locks }: Writing,
  key: string,
  projectId: string,
): Promise<TargetHealth> {
  await locks.hold('target', key)
  const row = await db.selectFrom('webhook_targets').selectAll().where('key', '=', key).executeTakeFirst()
  if (row !== undefined) return healthOfRow(row)
  await db
    .insertInto('webhook_targets')
    .values({
      key,
      project_id: projectId,
      next_due_at: null,
      failures: 0,
      failing_since: null,
      open_until: null,
    })
    .execute()
  return HEALTHY
}

export async function saveHealth({ db }: Writing, key: string, health: TargetHealth): Promise<void> {
  await db
    .updateTable('webhook_targets')
    .set({
      failures: health.failures,
      failing_since: health.failingSinceMs,
      open_until: health.openUntilMs,
    })
    .where('key', '=', key)
    .execute()
}

/** Deliveries to the address that somebody holds a living lease on. */
export async function leasedCount({ db, nowMs }: Writing, key: string): Promise<number> {
  const row = await db
    .selectFrom('deliveries')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('target_key', '=', key)
    .where('lease_owner', 'is not', null)
    .where('due_at', '>', nowMs)
    .executeTakeFirst()
  return row?.count ?? 0
}

/**
 * Writes down when the address can be sent something next: when its next delivery is due, but not while its circuit is
 * open; while all its requests are taken, when the first of their leases runs out.
 */
export async function rescheduleTarget(transaction: Writing, key: string): Promise<void> {
  const { db, nowMs } = transaction
  const target = await db.selectFrom('webhook_targets').selectAll().where('key', '=', key).executeTakeFirst()
  if (target === undefined) return
  const health = healthOfRow(target)
  const isFull = (await leasedCount(transaction, key)) >= requestsMax(health)
  const waiting = db
    .selectFrom('deliveries')
    .select((select) => select.fn.min('due_at').as('due_at'))
    .where('target_key', '=', key)
  const pending = isFull
    ? waiting.where('lease_owner', 'is not', null).where('due_at', '>', nowMs)
    : waiting.where('state', '=', PENDING)
  const next = (await pending.executeTakeFirst())?.due_at ?? null
  // What nothing waits for is forgotten: there may be an origin for every callback ever named. An endpoint keeps its record.
  if (next === null && (health.failures === 0 || isOrigin(key))) {
    await db.deleteFrom('webhook_targets').where('key', '=', key).execute()
    return
  }
  await db
    .updateTable('webhook_targets')
    .set({ next_due_at: next === null ? null : Math.max(next, health.openUntilMs ?? 0) })
    .where('key', '=', key)
    .execute()
}
