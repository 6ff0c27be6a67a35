import { isTerminal, mayMove } from '../../task/state.ts'
import type { AttemptChange, Task } from '../../task/task.ts'
import type { Claim, CommitOutcome, Move } from '../store.ts'
import { rowOfArtifact } from './artifact-rows.ts'
import { forUpdate, skipLocked } from './locks.ts'
import { offerCandidate, refuteCandidate } from './candidates.ts'
import { insertAttempt } from './insert-attempt.ts'
import { learnDuration } from './learn-duration.ts'
import { loadTask } from './load-task.ts'
import { leftSchedule, soonerThan, type Wishes } from './left-schedule.ts'
import { Prepared } from './prepared.ts'
import type { TaskRow } from './schema.ts'
import { announce } from './outbox.ts'
import { countEnded } from './project-usage.ts'
import { slotsInUse } from './slots-in-use.ts'
import { columnsOfPatch } from './task-rows.ts'
import { appendEvents } from './timeline.ts'
import type { Transaction } from './transaction.ts'

// Locked: a claim after the lease has run out must not come between this look and the write.
const LEASE = new Prepared((place, claim: Pick<Claim, 'taskId' | 'fence' | 'owner'>) =>
  forUpdate(
    place,
    place.db
      .selectFrom('schedule')
      .select(['wake_seq', 'callback_due_at', 'hint_step', 'goes_first'])
      .where('task_id', '=', claim.taskId)
      .where('fence', '=', claim.fence)
      .where('lease_owner', '=', claim.owner),
  ),
)

/** The only writer of task state. Checks lease, fence and expected state; everything is one transaction. */
export async function commit(transaction: Transaction, move: Move): Promise<CommitOutcome> {
  const { db, locks } = transaction
  await locks.hold('task', move.claim.taskId)
  const lease = await LEASE.first(transaction, move.claim)
  const before = await loadTask(transaction, move.claim.taskId)
  if (lease === undefined || before === undefined || before.state !== move.from) return { kind: 'fenced' }
  if (!mayMove(move.from, move.to)) throw new Error(`illegal move of a task: ${move.from} to ${move.to}`)
  if (move.slotsMax !== undefined) {
    await locks.hold('account', move.account)
    if ((await slotsInUse(transaction, move.account)) >= move.slotsMax) return { kind: 'no_slot' }
  }
  const taken = await applyAttempt(transaction, before, move.attempt)
  if (taken !== undefined) return taken
  await updateTask(transaction, move)
  const stateEvent =
    move.from === move.to ? [] : [{ kind: 'task.state' as const, data: { from: move.from, to: move.to } }]
  await appendEvents(transaction, before, [...move.events, ...stateEvent])
  const dueAtMs = await reschedule(transaction, await withCandidate(transaction, move), lease)
  // Who was refused waits for another try: the next would be refused as well, and make this one due in its turn, without a pause.
  const isOver = move.attempt?.kind === 'patch' && move.attempt.patch.endedAtMs != null
  if (isOver && move.to !== 'queued') await fillSlot(transaction, before)
  const artifacts = (move.artifacts ?? []).map((artifact) => rowOfArtifact(before, artifact))
  if (artifacts.length > 0) await db.insertInto('artifacts').values(artifacts).execute()
  if (move.duration !== undefined && move.durationKey !== undefined)
    await learnDuration(transaction, { taskId: before.id, key: move.durationKey, sample: move.duration })
  const task = await loadTask(transaction, before.id)
  if (task === undefined) throw new Error(`task ${before.id} vanished during a commit`)
  if (task.version !== before.version) transaction.changed.set(task.id, 'moved')
  if (isTerminal(task.state) && !isTerminal(before.state)) await countEnded(transaction, task.projectId)
  await announce(transaction, before, task)
  return { kind: 'committed', task, ...soonerThan(move, dueAtMs) }
}

/**
 * An id that a callback named while the answer was awaited is looked at once the answer is lost, and at once. One of a callback
 * that was kept, and not heeded before a crash, is found by the next look.
 */
async function withCandidate(transaction: Transaction, move: Move): Promise<Move> {
  const isRefuted = move.attempt?.kind === 'refuted'
  const isLost = move.to === 'unknown' && !isRefuted
  if (!isLost && !isRefuted) return move
  const task = await loadTask(transaction, move.claim.taskId)
  const isOffered = task !== undefined && (await offerCandidate(transaction, task))
  return isOffered && isLost ? { ...move, dueAtMs: transaction.nowMs } : move
}

/** A slot of the account is free: the oldest task that waits for one is due now. */
async function fillSlot(transaction: Transaction, ended: Task): Promise<void> {
  const { db, nowMs } = transaction
  const account = ended.attempt?.account
  if (account === undefined) return
  const waiting = await skipLocked(
    transaction,
    'schedule',
    db
      .selectFrom('schedule')
      .innerJoin('tasks', 'tasks.id', 'schedule.task_id')
      .select('schedule.task_id')
      .where('schedule.account', '=', account)
      .where('schedule.lease_owner', 'is', null)
      .where('tasks.state', '=', 'queued')
      .where('tasks.id', '!=', ended.id)
      .orderBy('schedule.task_id')
      .limit(1),
  ).executeTakeFirst()
  if (waiting === undefined) return
  await db
    .updateTable('schedule')
    .set({ due_at: nowMs })
    .where('task_id', '=', waiting.task_id)
    .where('due_at', '>', nowMs)
    .execute()
}

async function applyAttempt(
  transaction: Transaction,
  task: Task,
  change: AttemptChange | undefined,
): Promise<CommitOutcome | undefined> {
  const { db } = transaction
  if (change === undefined) return undefined
  if (change.kind === 'open') {
    await insertAttempt(transaction, task, change)
    return undefined
  }
  if (change.kind === 'refuted') {
    await refuteCandidate(transaction, task, change.n)
    return undefined
  }
  const { patch } = change
  const jobId = patch.operation?.providerTaskId
  if (jobId !== undefined && task.attempt !== null) {
    const owner = await db
      .selectFrom('attempts')
      .select(['task_id'])
      .where('account', '=', task.attempt.account)
      .where('provider_task_id', '=', jobId)
      .where((where) => where.or([where('task_id', '!=', task.id), where('n', '!=', change.n)]))
      .executeTakeFirst()
    if (owner !== undefined) return { kind: 'operation_taken', taskId: owner.task_id }
  }
  await db
    .updateTable('attempts')
    .set({
      ...(patch.state === undefined ? {} : { state: patch.state }),
      ...(patch.operation === undefined
        ? {}
        : { operation: JSON.stringify(patch.operation), provider_task_id: jobId ?? null }),
      ...(patch.answeredAtMs === undefined ? {} : { answered_at: patch.answeredAtMs }),
      ...(patch.endedAtMs === undefined ? {} : { ended_at: patch.endedAtMs }),
      ...(change.rawAnswer === undefined ? {} : { raw_answer: change.rawAnswer }),
    })
    .where('task_id', '=', task.id)
    .where('n', '=', change.n)
    .execute()
  return undefined
}

/** A look without news writes nothing here: the fat row is left alone. */
async function updateTask({ db, nowMs }: Transaction, move: Move): Promise<void> {
  const columns: Partial<TaskRow> = columnsOfPatch(move.patch)
  if (move.attempt?.kind === 'open') columns.attempt_n = move.attempt.attempt.n
  if (move.from !== move.to) columns.state = move.to
  if (Object.keys(columns).length === 0) return
  const visible =
    move.from !== move.to ||
    ['progress', 'provider_waits', 'warnings', 'error', 'completed_at'].some((column) => column in columns)
  await db
    .updateTable('tasks')
    .set((set) => ({
      ...columns,
      ...(visible ? { updated_at: nowMs, version: set('version', '+', 1) } : {}),
    }))
    .where('id', '=', move.claim.taskId)
    .execute()
}

/** Answers when the task is due; null while it stays with its holder, and when it is off the schedule. */
async function reschedule({ db, nowMs }: Transaction, move: Move, wishes: Wishes): Promise<number | null> {
  const { taskId } = move.claim
  const { dueAtMs } = move
  if (dueAtMs === null) {
    if (!isTerminal(move.to)) throw new Error(`a task in state ${move.to} must stay on the schedule`)
    await db.deleteFrom('schedule').where('task_id', '=', taskId).execute()
    return null
  }
  if (move.keepLeaseMs !== undefined) {
    await db
      .updateTable('schedule')
      .set({ account: move.account, due_at: nowMs + move.keepLeaseMs })
      .where('task_id', '=', taskId)
      .execute()
    return null
  }
  const left = leftSchedule({ ...move, dueAtMs }, wishes, nowMs)
  await db
    .updateTable('schedule')
    .set({
      ...left,
      lease_owner: null,
      callback_due_at: null,
      ...(move.looked === true ? { looked_at: nowMs } : {}),
    })
    .where('task_id', '=', taskId)
    .execute()
  return left.due_at
}
