import type { CommitOutcome, Move } from '../store.ts'
import { leftSchedule, soonerThan, type Left } from './left-schedule.ts'
import { loadTasks } from './load-task.ts'
import { forUpdate } from './locks.ts'
import type { LookGroup } from './sql-store.ts'
import type { Transaction } from './transaction.ts'
import type { Writer } from './writer.ts'

/** Looks per transaction. */
const GROUP_MAX = 200
/** Transactions under way: while one waits for the disk, the next one is made. */
const GROUPS_MAX = 2

/** Writes what each of these tasks is left with, in one statement, and that it was looked at now. */
export type GiveBack = (transaction: Transaction, left: ReadonlyMap<string, Left>) => Promise<void>

type Look = Move & { dueAtMs: number }

type Waiting = {
  look: Look
  resolve: (outcome: CommitOutcome) => void
  reject: (reason: unknown) => void
}

/** By far the most frequent move, and the only one that writes nothing but its schedule row. */
function asLook(move: Move): Look | undefined {
  const { dueAtMs } = move
  const isPlain =
    move.looked === true &&
    move.from === move.to &&
    Object.keys(move.patch).length === 0 &&
    move.events.length === 0 &&
    move.attempt === undefined &&
    move.keepLeaseMs === undefined &&
    move.slotsMax === undefined &&
    move.duration === undefined &&
    (move.artifacts ?? []).length === 0
  return isPlain && dueAtMs !== null ? { ...move, dueAtMs } : undefined
}

/**
 * Writes looks without news together: what comes in while a transaction is under way shares the next one. It is the guard of
 * `commit` for each of them, and a slow row holds up only looks.
 */
export class LookWriter implements LookGroup {
  readonly #writer: Writer
  readonly #giveBack: GiveBack
  readonly #waiting: Waiting[] = []
  #groups = 0

  constructor(writer: Writer, giveBack: GiveBack) {
    this.#writer = writer
    this.#giveBack = giveBack
  }

  commit(move: Move): Promise<CommitOutcome> | undefined {
    const look = asLook(move)
    if (look === undefined) return undefined
    return new Promise((resolve, reject) => {
      this.#waiting.push({ look, resolve, reject })
      if (this.#groups < GROUPS_MAX) void this.#drain()
    })
  }

  async #drain(): Promise<void> {
    this.#groups += 1
    while (this.#waiting.length > 0) {
      // Lets everything that is ready in this turn of the event loop join the group.
      await new Promise<void>((resolve) => setImmediate(resolve))
      await this.#write(this.#waiting.splice(0, GROUP_MAX))
    }
    this.#groups -= 1
  }

  async #write(group: readonly Waiting[]): Promise<void> {
    if (group.length === 0) return
    try {
      const looks = group.map(({ look }) => look)
      const outcomes = await this.#writer.write((transaction) =>
        commitLooks(transaction, looks, this.#giveBack),
      )
      for (const [index, { resolve, reject }] of group.entries()) {
        const outcome = outcomes[index]
        if (outcome instanceof Error) reject(outcome)
        else if (outcome !== undefined) resolve(outcome)
      }
    } catch (error) {
      for (const { reject } of group) reject(error)
    }
  }
}

/** In the order of the looks. An error for a task that cannot be read: the others are written all the same. */
async function commitLooks(
  transaction: Transaction,
  looks: readonly Look[],
  giveBack: GiveBack,
): Promise<readonly (CommitOutcome | Error)[]> {
  const ids = looks.map(({ claim }) => claim.taskId)
  // Locked, in one order: a claim after a lease has run out must not come between this look and the write.
  const rows = await forUpdate(
    transaction,
    transaction.db
      .selectFrom('schedule')
      .select(['task_id', 'fence', 'lease_owner', 'wake_seq', 'callback_due_at', 'hint_step', 'goes_first'])
      .where('task_id', 'in', ids)
      .where('lease_owner', 'in', [...new Set(looks.map(({ claim }) => claim.owner))])
      .orderBy('task_id'),
  ).execute()
  const held = new Map(rows.map((row) => [row.task_id, row]))
  const { tasks, unreadable } = await loadTasks(transaction, ids)
  const left = new Map<string, Left>()
  const outcomes = looks.map((look): CommitOutcome | Error => {
    const { taskId, fence, owner } = look.claim
    if (unreadable.includes(taskId)) return new Error(`the stored task ${taskId} cannot be read`)
    const row = held.get(taskId)
    const task = tasks.get(taskId)
    const isHeld = row?.fence === fence && row.lease_owner === owner
    if (row === undefined || !isHeld || task?.state !== look.from) return { kind: 'fenced' }
    const next = leftSchedule(look, row, transaction.nowMs)
    left.set(taskId, next)
    return { kind: 'committed', task, ...soonerThan(look, next.due_at) }
  })
  if (left.size > 0) await giveBack(transaction, left)
  return outcomes
}
