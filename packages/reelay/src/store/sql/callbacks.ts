import type { TaskState } from '../../task/state.ts'
import type { CallbackIn, CallbackOutcome } from '../store.ts'
import { forUpdate } from './locks.ts'
import { wakeTask } from './leases.ts'
import { loadTask } from './load-task.ts'
import { offerCandidate } from './candidates.ts'
import { Prepared } from './prepared.ts'
import type { CallbackInRow, ScheduleRow } from './schema.ts'
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

/** Keeps a callback, and does nothing else: whoever sent it waits. */
export async function recordCallback(
  transaction: Transaction,
  callback: CallbackIn,
): Promise<CallbackOutcome> {
  await transaction.locks.hold('task', callback.taskId)
  const counts = await COUNTS.first(transaction, callback)
  if (counts === undefined || !hasRoom(counts, callback)) return 'full'
  return (await keep(transaction, callback)) ? 'kept' : 'repeated'
}

/**
 * Makes somebody look soon. It never changes what is known of the task: an id that a callback names is only a candidate for a
 * submit whose answer was lost, and a look with our own credentials has to confirm it.
 */
export async function heedCallback(
  transaction: Transaction,
  callback: CallbackIn,
  isNew: boolean,
): Promise<void> {
  const { provider, verdict, attempt, taskId: id, projectId } = callback
  await transaction.locks.hold('task', id)
  const task = await STATE.first(transaction, { id })
  if (task === undefined) return
  if (isNew) {
    const data = { provider, verdict, attempt }
    await appendEvents(transaction, { id, projectId }, [{ kind: 'callback.received', data }])
  }
  if (verdict === 'forged' || task.attempt_n !== attempt || !LOOKED_AT.has(task.state)) return
  if (isNew && callback.operation !== null) await offer(transaction, id)
  await hurry(transaction, callback)
}

type Counts = { kept: number; forged: number }

const COUNTS = new Prepared(({ db }, { taskId, attempt }: Pick<CallbackIn, 'taskId' | 'attempt'>) =>
  db
    .selectFrom('callbacks_in')
    .where('task_id', '=', taskId)
    .where('attempt_n', '=', attempt)
    .select((select) => [
      select.fn.countAll<number>().as('kept'),
      select.fn.countAll<number>().filterWhere('verdict', '=', 'forged').as('forged'),
    ]),
)

const STATE = new Prepared(({ db }, { id }: { id: string }) =>
  db.selectFrom('tasks').select(['state', 'attempt_n']).where('id', '=', id),
)

const hasRoom = ({ kept, forged }: Counts, { verdict }: CallbackIn): boolean =>
  kept < KEPT_MAX && (verdict !== 'forged' || forged < FORGED_MAX)

const KEEP = new Prepared(({ db }, row: CallbackInRow) =>
  db
    .insertInto('callbacks_in')
    .values({
      id: row.id,
      project_id: row.project_id,
      task_id: row.task_id,
      attempt_n: row.attempt_n,
      account: null,
      provider: row.provider,
      dedupe_key: row.dedupe_key,
      headers: row.headers,
      body: row.body,
      verdict: row.verdict,
      provider_task_id: row.provider_task_id,
      operation: row.operation,
      misses: 0,
      received_at: row.received_at,
    })
    .onConflict((conflict) => conflict.doNothing()),
)

/** False for a copy of one that is here already. */
async function keep(transaction: Transaction, callback: CallbackIn): Promise<boolean> {
  const { numAffectedRows } = await KEEP.run(transaction, {
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
    received_at: transaction.nowMs,
  })
  return numAffectedRows !== 0n
}

/** A submit whose answer was lost may learn of its job from the id that a callback names. */
async function offer(transaction: Transaction, taskId: string): Promise<void> {
  const task = await loadTask(transaction, taskId)
  if (task !== undefined && (await offerCandidate(transaction, task))) await wakeTask(transaction, taskId)
}

const SCHEDULED = new Prepared((place, { taskId }: { taskId: string }) =>
  forUpdate(place, place.db.selectFrom('schedule').selectAll().where('task_id', '=', taskId)),
)

type Hurry = Pick<
  ScheduleRow,
  'callback_tokens' | 'callback_refilled_at' | 'callback_due_at' | 'due_at' | 'hint_step' | 'goes_first'
>

const HURRY = new Prepared(({ db }, row: Hurry & { taskId: string }) =>
  db
    .updateTable('schedule')
    .set({
      callback_tokens: row.callback_tokens,
      callback_refilled_at: row.callback_refilled_at,
      callback_due_at: row.callback_due_at,
      due_at: row.due_at,
      hint_step: row.hint_step,
      goes_first: row.goes_first,
    })
    .where('task_id', '=', row.taskId),
)

/**
 * The next look comes at once while the task's bucket has a token, else when it has one again. After a callback that claims the
 * end it goes before those that are due anyway: it is the likeliest to find one.
 */
async function hurry(transaction: Transaction, { taskId, hint }: CallbackIn): Promise<void> {
  const { nowMs, changed } = transaction
  const row = await SCHEDULED.first(transaction, { taskId })
  if (row === undefined) return
  const sinceMs = Math.max(0, nowMs - (row.callback_refilled_at ?? nowMs))
  const tokens = Math.min(BURST * TOKEN, (row.callback_tokens ?? BURST * TOKEN) + sinceMs)
  const atMs = tokens >= TOKEN ? nowMs : nowMs + (TOKEN - tokens)
  // A look that is due by then anyway serves this callback too, and costs no token.
  const plannedMs = row.lease_owner === null ? row.due_at : (row.callback_due_at ?? Infinity)
  const isServed = plannedMs <= atMs
  const hintStep = hint === 'ended' ? 0 : row.hint_step
  const goesFirst = hint === 'ended' ? 1 : row.goes_first
  // Nothing to say that the row does not tell already, unless the clock was set back.
  if (isServed && hintStep === row.hint_step && (row.callback_refilled_at ?? 0) <= nowMs) return
  await HURRY.run(transaction, {
    taskId,
    callback_tokens: isServed ? tokens : tokens - TOKEN,
    callback_refilled_at: nowMs,
    callback_due_at: isServed ? row.callback_due_at : atMs,
    due_at: row.lease_owner === null ? Math.min(row.due_at, atMs) : row.due_at,
    hint_step: hintStep,
    goes_first: goesFirst,
  })
  if (!isServed || goesFirst !== row.goes_first) changed.set(taskId, 'scheduled')
}
