import { isTerminal, mayMove } from '../../task/state.ts'
import type { AttemptChange, Task } from '../../task/task.ts'
import type { CommitOutcome, Move } from '../store.ts'
import { rowOfArtifact } from './artifact-rows.ts'
import { loadTask } from './load-task.ts'
import type { ScheduleRow, TaskRow } from './schema.ts'
import { announce } from './outbox.ts'
import { countEnded } from './project-usage.ts'
import { slotsInUse } from './slots-in-use.ts'
import { columnsOfPatch } from './task-rows.ts'
import { appendEvents } from './timeline.ts'
import type { Transaction } from './transaction.ts'

/** Samples kept per statistics key: enough to learn from, few enough to follow a provider that changes. */
const SAMPLES_KEPT = 200

/** The only writer of task state. Checks lease, fence and expected state; everything is one transaction. */
export async function commit(transaction: Transaction, move: Move): Promise<CommitOutcome> {
  const { db } = transaction
  const lease = await db
    .selectFrom('schedule')
    .select(['wake_seq', 'callback_due_at', 'hint_step'])
    .where('task_id', '=', move.claim.taskId)
    .where('fence', '=', move.claim.fence)
    .where('lease_owner', '=', move.claim.owner)
    .executeTakeFirst()
  const before = await loadTask(transaction, move.claim.taskId)
  if (lease === undefined || before === undefined || before.state !== move.from) return { kind: 'fenced' }
  if (!mayMove(move.from, move.to)) throw new Error(`illegal move of a task: ${move.from} to ${move.to}`)
  if (move.slotsMax !== undefined && (await slotsInUse(transaction, move.account)) >= move.slotsMax) {
    return { kind: 'no_slot' }
  }
  const taken = await applyAttempt(transaction, before, move.attempt)
  if (taken !== undefined) return taken
  await updateTask(transaction, move)
  const stateEvent =
    move.from === move.to ? [] : [{ kind: 'task.state' as const, data: { from: move.from, to: move.to } }]
  await appendEvents(transaction, before, [...move.events, ...stateEvent])
  const dueAtMs = await reschedule(transaction, move, lease)
  if (move.attempt?.kind === 'patch' && move.attempt.patch.endedAtMs != null)
    await fillSlot(transaction, before)
  const artifacts = (move.artifacts ?? []).map((artifact) => rowOfArtifact(before, artifact))
  if (artifacts.length > 0) await db.insertInto('artifacts').values(artifacts).execute()
  if (move.duration !== undefined && move.durationKey !== undefined) await learn(transaction, move)
  const task = await loadTask(transaction, before.id)
  if (task === undefined) throw new Error(`task ${before.id} vanished during a commit`)
  if (task.version !== before.version) transaction.changed.set(task.id, 'moved')
  await announce(transaction, before, task)
  if (isTerminal(task.state) && !isTerminal(before.state)) await countEnded(transaction, task.projectId)
  const isSooner = dueAtMs !== null && move.dueAtMs !== null && dueAtMs < move.dueAtMs
  return { kind: 'committed', task, ...(isSooner ? { dueAtMs } : {}) }
}

/** A slot of the account is free: the oldest task that waits for one is due now. */
async function fillSlot({ db, nowMs }: Transaction, ended: Task): Promise<void> {
  const account = ended.attempt?.account
  if (account === undefined) return
  const waiting = await db
    .selectFrom('schedule')
    .innerJoin('tasks', 'tasks.id', 'schedule.task_id')
    .select('schedule.task_id')
    .where('schedule.account', '=', account)
    .where('schedule.lease_owner', 'is', null)
    .where('tasks.state', '=', 'queued')
    .where('tasks.id', '!=', ended.id)
    .orderBy('schedule.task_id')
    .limit(1)
    .executeTakeFirst()
  if (waiting === undefined) return
  await db
    .updateTable('schedule')
    .set({ due_at: nowMs })
    .where('task_id', '=', waiting.task_id)
    .where('due_at', '>', nowMs)
    .execute()
}

async function applyAttempt(
  { db }: Transaction,
  task: { id: string; projectId: string; attempt: { account: string } | null },
  change: AttemptChange | undefined,
): Promise<CommitOutcome | undefined> {
  if (change === undefined) return undefined
  if (change.kind === 'open') {
    const { attempt } = change
    await db
      .insertInto('attempts')
      .values({
        task_id: task.id,
        project_id: task.projectId,
        n: attempt.n,
        account: attempt.account,
        model: attempt.model,
        state: attempt.state,
        client_token: attempt.clientToken,
        callback_token_hash: change.callbackTokenHash ?? null,
        provider_task_id: null,
        operation: null,
        started_at: attempt.startedAtMs,
        answered_at: null,
        ended_at: null,
        raw_answer: null,
      })
      .execute()
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

type Wishes = Pick<ScheduleRow, 'wake_seq' | 'callback_due_at' | 'hint_step'>

/** Answers when the task is due; null while it stays with its holder, and when it is off the schedule. */
async function reschedule({ db, nowMs }: Transaction, move: Move, wishes: Wishes): Promise<number | null> {
  const { taskId } = move.claim
  if (move.dueAtMs === null) {
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
  const wokenMeanwhile = wishes.wake_seq !== move.claim.wakeSeq
  // A hint that finds the step at zero leaves no other trace than the look that it asked for.
  const hintedMeanwhile =
    wishes.hint_step !== move.claim.hintStep || (wishes.hint_step === 0 && wishes.callback_due_at !== null)
  // What callbacks asked for an attempt is over with it: nothing is submitted the sooner for them.
  const isOver = move.to === 'queued'
  const askedMs = isOver ? Infinity : (wishes.callback_due_at ?? Infinity)
  const dueAtMs = wokenMeanwhile ? nowMs : Math.min(move.dueAtMs, askedMs)
  await db
    .updateTable('schedule')
    .set({
      account: move.account,
      due_at: dueAtMs,
      lease_owner: null,
      callback_due_at: null,
      ...(move.hintStep === undefined || hintedMeanwhile ? {} : { hint_step: move.hintStep }),
      ...(isOver ? { hint_step: null } : {}),
      ...(move.looked === true ? { looked_at: nowMs } : {}),
    })
    .where('task_id', '=', taskId)
    .execute()
  return dueAtMs
}

async function learn({ db, nowMs }: Transaction, move: Move): Promise<void> {
  const { duration, durationKey } = move
  if (duration === undefined || durationKey === undefined) return
  const last = await db
    .selectFrom('duration_stats')
    .select((select) => select.fn.max('seq').as('seq'))
    .where('stat_key', '=', durationKey)
    .executeTakeFirst()
  const seq = (last?.seq ?? 0) + 1
  await db
    .insertInto('duration_stats')
    .values({
      stat_key: durationKey,
      project_id: 'default',
      seq,
      lower_ms: duration.lowerMs,
      upper_ms: duration.upperMs,
      exact_ms: duration.exactMs,
      at: nowMs,
    })
    .execute()
  await db
    .deleteFrom('duration_stats')
    .where('stat_key', '=', durationKey)
    .where('seq', '<=', seq - SAMPLES_KEPT)
    .execute()
}
