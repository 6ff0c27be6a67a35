import type { TaskState } from '../../task/state.ts'
import type { CallbackIn, CallbackOutcome } from '../store.ts'
import { forUpdate } from './locks.ts'
import { wakeTask } from './leases.ts'
import { loadTask } from './load-task.ts'
import { offerCandidate } from './candidates.ts'
import { appendEvents } from './timeline.ts'
import type { Transaction } from './transaction.ts'

/** Callbacks kept of one attempt: what comes later is answered, and only counted by the sender. */
const KEPT_MAX = 50
/** So many of these may be forged: whoever makes them up leaves room for the provider's own. */
const FORGED_MAX = 10
/** Looks that callbacks may cause at once, and then one a second. */
const BURST = 3
const TOKEN = 1_000
/** States in which a look can learn something: never a reason to submit or to download sooner. */
const LOOKED_AT: ReadonlySet<TaskState> = new Set(['submitting', 'unknown', 'running'])

/**
 * Keeps a callback and makes somebody look soon. It never changes what is known of the task: an id that it names is only a
 * candidate for a submit whose answer was lost, and a look with our own credentials has to confirm it.
 */
export async function recordCallback(
  transaction: Transaction,
  callback: CallbackIn,
): Promise<CallbackOutcome> {
  const { db, locks, nowMs } = transaction
  await locks.hold('task', callback.taskId)
  if (!(await hasRoom(transaction, callback))) return 'full'
  const added = await db
    .insertInto('callbacks_in')
    .values({
      id: callback.dedupeKey,
      project_id: callback.projectId,
      task_id: callback.taskId,
      attempt_n: callback.attempt,
      account: null,
      provider: callback.provider,
      dedupe_key: callback.dedupeKey,
      headers: JSON.stringify(callback.headers),
      body: callback.body,
      verdict: callback.verdict,
      provider_task_id: callback.operation?.providerTaskId ?? null,
      operation: callback.operation === null ? null : JSON.stringify(callback.operation),
      misses: 0,
      received_at: nowMs,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  const task = await loadTask(transaction, callback.taskId)
  if (task === undefined) return 'kept'
  const isNew = added.numInsertedOrUpdatedRows !== 0n
  if (isNew) {
    const { provider, verdict, attempt } = callback
    await appendEvents(transaction, task, [
      { kind: 'callback.received', data: { provider, verdict, attempt } },
    ])
  }
  const isCurrent = task.attempt?.n === callback.attempt && LOOKED_AT.has(task.state)
  if (callback.verdict === 'forged' || !isCurrent) return isNew ? 'kept' : 'repeated'
  if (isNew && callback.operation !== null && (await offerCandidate(transaction, task))) {
    await wakeTask(transaction, task.id)
  }
  await hurry(transaction, callback)
  return isNew ? 'kept' : 'repeated'
}

async function hasRoom({ db }: Transaction, callback: CallbackIn): Promise<boolean> {
  const kept = await db
    .selectFrom('callbacks_in')
    .select((select) => ['verdict', select.fn.countAll<number>().as('count')])
    .where('task_id', '=', callback.taskId)
    .where('attempt_n', '=', callback.attempt)
    .groupBy('verdict')
    .execute()
  const forged = kept.find(({ verdict }) => verdict === 'forged')?.count ?? 0
  const all = kept.reduce((sum, { count }) => sum + count, 0)
  return all < KEPT_MAX && (callback.verdict !== 'forged' || forged < FORGED_MAX)
}

/** The next look comes at once while the task's bucket has a token, else when it has one again. */
async function hurry(transaction: Transaction, { taskId, hint }: CallbackIn): Promise<void> {
  const { db, nowMs, changed } = transaction
  const scheduled = db.selectFrom('schedule').selectAll().where('task_id', '=', taskId)
  const row = await forUpdate(transaction, scheduled).executeTakeFirst()
  if (row === undefined) return
  const sinceMs = Math.max(0, nowMs - (row.callback_refilled_at ?? nowMs))
  const tokens = Math.min(BURST * TOKEN, (row.callback_tokens ?? BURST * TOKEN) + sinceMs)
  const atMs = tokens >= TOKEN ? nowMs : nowMs + (TOKEN - tokens)
  // A look that is due by then anyway serves this callback too, and costs no token.
  const plannedMs = row.lease_owner === null ? row.due_at : (row.callback_due_at ?? Infinity)
  const isServed = plannedMs <= atMs
  const hintStep = hint === 'ended' ? 0 : row.hint_step
  // Nothing to say that the row does not tell already, unless the clock was set back.
  if (isServed && hintStep === row.hint_step && (row.callback_refilled_at ?? 0) <= nowMs) return
  await db
    .updateTable('schedule')
    .set({
      callback_tokens: isServed ? tokens : tokens - TOKEN,
      callback_refilled_at: nowMs,
      callback_due_at: isServed ? row.callback_due_at : atMs,
      due_at: row.lease_owner === null ? Math.min(row.due_at, atMs) : row.due_at,
      hint_step: hintStep,
    })
    .where('task_id', '=', taskId)
    .execute()
  if (!isServed) changed.set(taskId, 'scheduled')
}
