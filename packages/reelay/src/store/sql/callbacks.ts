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
const LOOKED_AT: ReadonlySet<string> = new Set<TaskState>(['submitting', 'unknown', 'running'])

/**
 * Keeps a callback and makes somebody look soon. It never changes what is known of the task: an id that it names is only a
 * candidate for a submit whose answer was lost, and a look with our own credentials has to confirm it.
 */
export async function recordCallback(
  transaction: Transaction,
  callback: CallbackIn,
): Promise<CallbackOutcome> {
  await transaction.locks.hold('task', callback.taskId)
  const known = await knownOf(transaction, callback)
  if (!hasRoom(known, callback)) return 'full'
  const isNew = await keep(transaction, callback)
  if (known.state === null) return 'kept'
  const { provider, verdict, attempt, taskId: id, projectId } = callback
  if (isNew) {
    const data = { provider, verdict, attempt }
    await appendEvents(transaction, { id, projectId }, [{ kind: 'callback.received', data }])
  }
  const isCurrent = known.attempt_n === attempt && LOOKED_AT.has(known.state)
  if (verdict === 'forged' || !isCurrent) return isNew ? 'kept' : 'repeated'
  if (isNew && callback.operation !== null) await offer(transaction, id)
  await hurry(transaction, callback)
  return isNew ? 'kept' : 'repeated'
}

type Known = { kept: number; forged: number; state: string | null; attempt_n: number | null }

/** All that is asked before a callback is kept, in one statement: whoever sent it waits for the answer. */
async function knownOf({ db }: Transaction, { taskId, attempt }: CallbackIn): Promise<Known> {
  const task = db.selectFrom('tasks').where('id', '=', taskId)
  return db
    .selectFrom('callbacks_in')
    .where('task_id', '=', taskId)
    .where('attempt_n', '=', attempt)
    .select((select) => [
      select.fn.countAll<number>().as('kept'),
      select.fn.countAll<number>().filterWhere('verdict', '=', 'forged').as('forged'),
      task.select('state').as('state'),
      task.select('attempt_n').as('attempt_n'),
    ])
    .executeTakeFirstOrThrow()
}

const hasRoom = ({ kept, forged }: Known, { verdict }: CallbackIn): boolean =>
  kept < KEPT_MAX && (verdict !== 'forged' || forged < FORGED_MAX)

/** False for a copy of one that is here already. */
async function keep({ db, nowMs }: Transaction, callback: CallbackIn): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
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
  return numInsertedOrUpdatedRows !== 0n
}

/** A submit whose answer was lost may learn of its job from the id that a callback names. */
async function offer(transaction: Transaction, taskId: string): Promise<void> {
  const task = await loadTask(transaction, taskId)
  if (task !== undefined && (await offerCandidate(transaction, task))) await wakeTask(transaction, taskId)
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
