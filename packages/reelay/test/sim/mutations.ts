import type { Invariant } from './simulated-invariants.ts'

/** A bug, as a patch of one shipped file. `find` must be there exactly once. */
export type Mutation = {
  name: string
  /** Below `src/`. */
  file: string
  find: string
  replace: string
  /** The promises that it breaks: the simulation must find one of them broken. */
  breaks: readonly Invariant[]
}

/** Bugs that the simulation must find: each has been made by somebody, somewhere. */
export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'a wake that lands during a step is lost',
    file: 'store/sql/left-schedule.ts',
    find: 'const wokenMeanwhile = wishes.wake_seq !== move.claim.wakeSeq',
    replace: 'const wokenMeanwhile = false',
    breaks: [9],
  },
  {
    name: 'a commit does not check its fence',
    file: 'store/sql/commit.ts',
    find: `
      .where('fence', '=', claim.fence)
      .where('lease_owner', '=', claim.owner),`,
    replace: ',',
    breaks: [26, 11, 7],
  },
  {
    name: 'a webhook is committed without its fence',
    file: 'store/sql/commit-delivery.ts',
    find: `      .where('fence', '=', claim.fence)
      .where('lease_owner', '=', claim.owner),`,
    replace: ',',
    breaks: [26],
  },
  {
    name: 'a claim does not raise the fence',
    file: 'store/sql/claim-due.ts',
    find: `fence: set('fence', '+', 1),`,
    replace: '',
    breaks: [26],
  },
  {
    name: 'a request that was reset is sent again',
    file: 'engine/submit.ts',
    find: `    return {
      kind: 'unknown',
      detail,`,
    replace: `    return {
      kind: 'not_sent',
      detail,`,
    breaks: [5, 7],
  },
  {
    name: 'a request leaves before it is on disk',
    file: 'store/sql/commit.ts',
    find: `if (move.attempt?.kind === 'open') columns.attempt_n = move.attempt.attempt.n`,
    replace: '',
    breaks: [5, 6, 2],
  },
  {
    name: 'a process that was asleep still sends',
    file: 'engine/lease.ts',
    find: `!lost.signal.aborted && !stop.aborted && clock.monotonicMs() - heldSinceMs < leaseMs * SEND_SHARE,`,
    replace: 'true,',
    breaks: [5, 6],
  },
  {
    name: 'a submit found abandoned is sent again',
    file: 'engine/recover-submit.ts',
    find: `{ kind: 'unknown', detail: 'the process ended during the submission' }`,
    replace: `{ kind: 'not_sent', detail: 'the process ended during the submission' }`,
    breaks: [5, 6, 7],
  },
  {
    name: 'a lease is not renewed',
    file: 'engine/lease.ts',
    find: 'const renewed = await store.renew(claim, leaseMs).catch(() => undefined)',
    replace: 'const renewed = await Promise.resolve<boolean | undefined>(true)',
    breaks: [26, 5],
  },
  {
    name: 'a terminal state is written over while its job is watched',
    file: 'task/decide-end.ts',
    find: `? { to: task.state, dueAtMs: null, patch: {}, events: [], ...endAttempt(task, nowMs) }`,
    replace: `? { to: task.state, dueAtMs: null, patch: { completedAtMs: nowMs }, events: [], ...endAttempt(task, nowMs) }`,
    breaks: [11],
  },
  {
    name: 'an event is written outside of the transaction',
    file: 'store/sql/commit.ts',
    find: '  await announce(transaction, before, task)',
    replace: '  setImmediate(() => void announce(transaction, before, task).catch(() => undefined))',
    breaks: [20],
  },
  {
    name: 'a failed task is announced to nobody',
    file: 'store/sql/commit.ts',
    find: '  await announce(transaction, before, task)',
    replace: `  if (task.state !== 'failed') await announce(transaction, before, task)`,
    breaks: [20],
  },
  {
    name: 'each attempt of a webhook has an id of its own',
    file: 'engine/deliver.ts',
    find: 'const message = { id: delivery.eventId, timestamp',
    replace: 'const message = { id: delivery.eventId + delivery.attempts, timestamp',
    breaks: [20],
  },
  {
    name: 'a callback writes the progress that it claims',
    file: 'store/sql/callbacks.ts',
    find: '  if (task === undefined) return\n  if (isNew) {',
    replace: `  if (task === undefined) return
  if (task.state === 'running')
    await transaction.db.updateTable('tasks').set({ progress: 99 }).where('id', '=', id).execute()
  if (isNew) {`,
    breaks: [13],
  },
  {
    name: 'a forged callback wakes its task',
    file: 'store/sql/callbacks.ts',
    find: `if (verdict === 'forged' || task.attempt_n`,
    replace: 'if (task.attempt_n',
    breaks: [13],
  },
  {
    name: 'an id that a callback named is adopted without a look',
    file: 'engine/resolve-unknown.ts',
    find: 'const verdict = await provider.probe(candidate, signal)',
    replace: `const verdict = await Promise.resolve({ kind: 'running' } as { kind: string })`,
    breaks: [13, 8],
  },
  {
    name: 'callbacks have no bucket',
    file: 'store/sql/callbacks.ts',
    find: 'const tokens = Math.min(BURST * TOKEN, (row.callback_tokens ?? BURST * TOKEN) + sinceMs)',
    replace: 'const tokens = BURST * TOKEN + 0 * sinceMs',
    breaks: [16],
  },
  {
    name: 'progress follows what the provider says',
    file: 'task/decide.ts',
    find: 'const progress = Math.max(task.progress, Math.min(99, Math.max(0, Math.floor(reported ?? 0))))',
    replace: 'const progress = Math.min(99, Math.max(0, Math.floor(reported ?? 0)))',
    breaks: [12],
  },
  {
    name: 'an idempotency key is stored outside of the transaction',
    file: 'store/sql/insert-task.ts',
    find: `  if (insert.idempotency !== null) {
    const { route, key, fingerprint, expiresAtMs } = insert.idempotency
    await db`,
    replace: `  if (insert.idempotency !== null) {
    const { route, key, fingerprint, expiresAtMs } = insert.idempotency
    setImmediate(() => void keyed().catch(() => undefined))
    const keyed = () => db`,
    breaks: [2, 3],
  },
  {
    name: 'a task whose outcome is unknown has no deadline',
    file: 'engine/engine.ts',
    find: `task.deadlineAtMs && task.state !== 'submitting') return expire`,
    replace: `task.deadlineAtMs && task.state !== 'submitting' && task.state !== 'unknown') return expire`,
    breaks: [9, 27],
  },
  {
    name: 'a download that was cut short is archived',
    file: 'engine/archive.ts',
    find: 'if (opened.bytes !== null && opened.bytes !== file.bytes) {',
    replace: 'if (opened.bytes !== null && opened.bytes < file.bytes) {',
    breaks: [18],
  },
  {
    name: 'what is downloaded is not looked into',
    file: 'engine/archive.ts',
    find: 'return await context.inspector.probe(staged.path)',
    replace: `return await context.inspector.probe(staged.path).catch(() => ({ mime: 'video/mp4', width: 1, height: 1, durationMs: 1, codec: 'avc' }))`,
    breaks: [18],
  },
  {
    name: 'files of an archive that was interrupted are left',
    file: 'engine/archive.ts',
    find: 'if ((fenceOfName(name) ?? fence) < fence) await files.remove(`${folder}/${name}`)',
    replace: 'if ((fenceOfName(name) ?? fence) < 0) await files.remove(`${folder}/${name}`)',
    breaks: [19],
  },
  {
    name: 'a clock that was set back is not followed',
    file: 'store/sql/follow-clock.ts',
    find: '  if (movedMs > 0) return',
    replace: '  if (movedMs !== 0) return',
    breaks: [27],
  },
]
