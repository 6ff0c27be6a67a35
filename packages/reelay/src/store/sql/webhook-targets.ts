import { HEALTHY, requestsMax } from '../../webhooks/circuit.ts'
import type { TargetHealth } from '../webhook-store.ts'
import { Prepared } from './prepared.ts'
import type { Transaction } from './transaction.ts'
import { healthOfRow } from './webhook-rows.ts'
import { PENDING } from './pending.ts'

type Writing = Pick<Transaction, 'db' | 'connection' | 'nowMs' | 'locks'>

/** Which record of failures a delivery counts for: its endpoint's, or that of the origin of the task's `callback_url`. */
export const targetKeyOf = (to: { projectId: string; endpointId: string | null; url: string }): string =>
  to.endpointId ?? `${to.projectId} ${new URL(to.url).origin}`

const isOrigin = (key: string): boolean => key.includes(' ')

const TARGET = new Prepared(({ db }, { key }: { key: string }) =>
  db.selectFrom('webhook_targets').selectAll().where('key', '=', key),
)

/** The address's record, made when there is none. */
export async function openTarget(
  transaction: Writing,
  key: string,
  projectId: string,
): Promise<TargetHealth> {
  const { db, locks } = transaction
  await locks.hold('target', key)
  const row = await TARGET.first(transaction, { key })
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

/** Those that somebody holds a living lease on, and when the first of these ends. */
const LEASED = new Prepared(({ db }, { key, nowMs }: { key: string; nowMs: number }) =>
  db
    .selectFrom('deliveries')
    .select((select) => [select.fn.countAll<number>().as('count'), select.fn.min('due_at').as('due_at')])
    .where('target_key', '=', key)
    .where('lease_owner', 'is not', null)
    .where('due_at', '>', nowMs),
)

const WAITING = new Prepared(({ db }, { key }: { key: string }) =>
  db
    .selectFrom('deliveries')
    .select((select) => select.fn.min('due_at').as('due_at'))
    .where('target_key', '=', key)
    .where('state', '=', PENDING),
)

const PLAN = new Prepared(({ db }, { key, atMs }: { key: string; atMs: number | null }) =>
  db.updateTable('webhook_targets').set({ next_due_at: atMs }).where('key', '=', key),
)

/** Deliveries to the address that somebody holds a living lease on. */
export async function leasedCount(transaction: Writing, key: string): Promise<number> {
  return (await LEASED.first(transaction, { key, nowMs: transaction.nowMs }))?.count ?? 0
}

/**
 * Writes down when the address can be sent something next: when its next delivery is due, but not while its circuit is
 * open; while all its requests are taken, when the first of their leases runs out.
 */
export async function rescheduleTarget(transaction: Writing, key: string): Promise<void> {
  const { db, nowMs } = transaction
  const target = await TARGET.first(transaction, { key })
  if (target === undefined) return
  const health = healthOfRow(target)
  const leased = await LEASED.first(transaction, { key, nowMs })
  const isFull = (leased?.count ?? 0) >= requestsMax(health)
  const next = (isFull ? leased : await WAITING.first(transaction, { key }))?.due_at ?? null
  // What nothing waits for is forgotten: there may be an origin for every callback ever named. An endpoint keeps its record.
  if (next === null && (health.failures === 0 || isOrigin(key))) {
    await db.deleteFrom('webhook_targets').where('key', '=', key).execute()
    return
  }
  const atMs = next === null ? null : Math.max(next, health.openUntilMs ?? 0)
  await PLAN.run(transaction, { key, atMs })
}
