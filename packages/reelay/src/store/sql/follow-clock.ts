import type { Transaction } from './transaction.ts'
import { PENDING } from './pending.ts'

/** What clocks differ by without anybody having set one of them. */
export const DRIFT_MS_MAX = 5_000

/**
 * The same at the start of the only owner, when the clock was set back while nobody watched it: an account was drawn from, or a
 * process was seen, at a time that is still to come. Nobody knows how much later than that it was set.
 */
export async function followSetBack(transaction: Transaction): Promise<void> {
  const { db, nowMs } = transaction
  const drawn = await db
    .selectFrom('rate_buckets')
    .select((select) => select.fn.max('refilled_at').as('ms'))
    .executeTakeFirst()
  const seen = await db
    .selectFrom('instances')
    .select((select) => select.fn.max('seen_at').as('ms'))
    .executeTakeFirst()
  const movedMs = nowMs - Math.max(drawn?.ms ?? 0, seen?.ms ?? 0)
  if (movedMs < -DRIFT_MS_MAX) await followClock(transaction, movedMs)
  await lookAtThoseToCome(transaction)
}

/**
 * A task that something happened to at a time still to come was planned by that clock too: it is looked at now, which is no
 * harm should it be too soon.
 */
async function lookAtThoseToCome({ db, nowMs }: Transaction): Promise<void> {
  const atMs = nowMs + DRIFT_MS_MAX
  await db
    .updateTable('schedule')
    .set({ due_at: nowMs })
    .where('due_at', '>', atMs)
    .where((where) =>
      where.or([
        where('looked_at', '>', atMs),
        where.exists(
          where
            .selectFrom('task_events')
            .select('task_events.seq')
            .whereRef('task_events.task_id', '=', 'schedule.task_id')
            .where('task_events.at', '>', atMs),
        ),
      ]),
    )
    .execute()
}

/**
 * Somebody set the wall clock by `movedMs`: what was put off for a while stays put off for that while, and a lease lasts as
 * long as it was given for. Deadlines are times of day and stay.
 */
export async function followClock({ db, nowMs }: Transaction, movedMs: number): Promise<void> {
  await db
    .updateTable('schedule')
    .set((set) => ({
      due_at: set('due_at', '+', movedMs),
      callback_due_at: set('callback_due_at', '+', movedMs),
    }))
    .where('lease_owner', 'is not', null)
    .execute()
  await db
    .updateTable('deliveries')
    .set((set) => ({ due_at: set('due_at', '+', movedMs) }))
    .where('lease_owner', 'is not', null)
    .execute()
  // How long an address has been failing, and how long a delivery has been tried, are durations: time that nobody lived
  // through does not count.
  await db
    .updateTable('webhook_targets')
    .set((set) => ({ failing_since: set('failing_since', '+', movedMs) }))
    .where('failing_since', 'is not', null)
    .execute()
  await db
    .updateTable('deliveries')
    .set((set) => ({ started_at: set('started_at', '+', movedMs) }))
    .where('state', '=', PENDING)
    .execute()
  // Set ahead, things come due early, which the accounts' rates pace.
  if (movedMs > 0) return
  await db
    .updateTable('schedule')
    .set((set) => ({ due_at: set('due_at', '+', movedMs) }))
    .where('lease_owner', 'is', null)
    .where('due_at', '>', nowMs)
    .execute()
  await db
    .updateTable('rate_buckets')
    .set((set) => ({ paused_until: set('paused_until', '+', movedMs) }))
    .where('paused_until', '>', nowMs)
    .execute()
  // Seen once, it is not seen again at the next start.
  await db.updateTable('rate_buckets').set({ refilled_at: nowMs }).where('refilled_at', '>', nowMs).execute()
  await db.updateTable('instances').set({ seen_at: nowMs }).where('seen_at', '>', nowMs).execute()
  await db
    .updateTable('deliveries')
    .set((set) => ({ due_at: set('due_at', '+', movedMs) }))
    .where('state', '=', PENDING)
    .where('lease_owner', 'is', null)
    .where('due_at', '>', nowMs)
    .execute()
  await db
    .updateTable('webhook_targets')
    .set((set) => ({ next_due_at: set('next_due_at', '+', movedMs) }))
    .where('next_due_at', '>', nowMs)
    .execute()
  // Also where nothing waits now: what comes next must not wait for a time of the old clock.
  await db
    .updateTable('webhook_targets')
    .set((set) => ({ open_until: set('open_until', '+', movedMs) }))
    .where('open_until', '>', nowMs)
    .execute()
}
