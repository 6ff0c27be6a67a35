import { sql } from 'kysely'
import type { Claim, ClaimBatch, ClaimQuery } from '../store.ts'
import { skipLocked } from './locks.ts'
import { loadTasks } from './load-task.ts'
import { Prepared } from './prepared.ts'
import { slotsInUse } from './slots-in-use.ts'
import type { Transaction } from './transaction.ts'

/** How long a task that waits for a slot of its account is put off. */
const PUT_OFF_MS = 30_000
/** Tasks put off by one claim: bounds its time. */
const PUT_OFF_MAX = 1_000

/**
 * Leases due tasks of one account: `due_at` becomes the lease's end and the fence rises, so one index finds both the due
 * and the abandoned. Those that go first are taken before the others. The account's bucket is drawn once for the whole batch.
 */
export async function claimDue(transaction: Transaction, query: ClaimQuery): Promise<ClaimBatch> {
  const { locks, nowMs } = transaction
  // The account's bucket and slots are drawn by one claim at a time, whoever makes it.
  await locks.hold('account', query.account)
  const bucket = await readBucket(transaction, query)
  if (bucket.pausedUntilMs > nowMs) return { claims: [], nextDueAtMs: bucket.pausedUntilMs, unreadable: [] }
  await putOff(transaction, query)
  const limit = Math.min(query.limit, Math.floor(bucket.tokens))
  if (limit < 1) {
    const nextDueAtMs = nowMs + Math.ceil((1 - bucket.tokens) * (1_000 / query.perSecond))
    return { claims: [], nextDueAtMs, unreadable: [] }
  }
  const asked = { ...query, nowMs, untilMs: nowMs + query.leaseMs }
  const { rows: leased } = await LEASE_FIRST.run(transaction, { ...asked, limit })
  if (leased.length < limit && query.onlyFirst !== true)
    leased.push(...(await LEASE.run(transaction, { ...asked, limit: limit - leased.length })).rows)
  const { account } = query
  if (leased.length > 0)
    await DRAW.run(transaction, { account, tokens: bucket.tokens - leased.length, nowMs })
  const { tasks, unreadable } = await loadTasks(
    transaction,
    leased.map((row) => row.task_id),
  )
  const claims = leased.flatMap((row): Claim[] => {
    const task = tasks.get(row.task_id)
    if (task === undefined) return []
    return [
      {
        taskId: row.task_id,
        owner: query.owner,
        fence: row.fence,
        wakeSeq: row.wake_seq,
        lookedAtMs: row.looked_at,
        hintStep: row.hint_step,
        task,
      },
    ]
  })
  return { claims, nextDueAtMs: await nextDue(transaction, account), unreadable }
}

type Leasing = { account: string; owner: string; nowMs: number; untilMs: number; limit: number }

/** Those that are due the longest. */
const leasing = (rank: 'first' | 'any') =>
  new Prepared((place, { account, owner, nowMs, untilMs, limit }: Leasing) =>
    place.db
      .updateTable('schedule')
      .set((set) => ({
        due_at: untilMs,
        lease_owner: owner,
        fence: set('fence', '+', 1),
        callback_due_at: null,
        goes_first: 0,
      }))
      .where('task_id', 'in', (select) =>
        skipLocked(
          place,
          'schedule',
          select
            .selectFrom('schedule')
            .select('task_id')
            .where('account', '=', account)
            .where('due_at', '<=', nowMs)
            // Word for word what the partial index says.
            .$if(rank === 'first', (query) => query.where(sql<boolean>`goes_first = 1`))
            .orderBy('due_at')
            .limit(limit),
        ),
      )
      .returning(['task_id', 'fence', 'wake_seq', 'looked_at', 'hint_step']),
  )

const LEASE_FIRST = leasing('first')
const LEASE = leasing('any')

/**
 * Tasks that only wait for a slot ask nobody anything: they are put off together, so that however many they are, the
 * account's rate goes to the looks at those that run. A slot that comes free makes the oldest of them due at once.
 */
async function putOff(transaction: Transaction, { account, slotsMax }: ClaimQuery): Promise<void> {
  if (slotsMax === null || (await slotsInUse(transaction, account)) < slotsMax) return
  const { db, nowMs } = transaction
  const untilMs = nowMs + PUT_OFF_MS
  await db
    .updateTable('schedule')
    .set({ due_at: untilMs })
    .where('task_id', 'in', (select) =>
      skipLocked(
        transaction,
        'schedule',
        select
          .selectFrom('schedule')
          .innerJoin('tasks', 'tasks.id', 'schedule.task_id')
          .select('schedule.task_id')
          .where('schedule.account', '=', account)
          .where('schedule.due_at', '<=', nowMs)
          .where('schedule.lease_owner', 'is', null)
          .where('tasks.state', '=', 'queued')
          .where('tasks.cancel_requested_at', 'is', null)
          .where('tasks.deadline_at', '>', untilMs)
          .limit(PUT_OFF_MAX),
      ),
    )
    .execute()
}

const NEXT_DUE = new Prepared(({ db }, { account }: { account: string }) =>
  db.selectFrom('schedule').select('due_at').where('account', '=', account).orderBy('due_at').limit(1),
)

async function nextDue(transaction: Transaction, account: string): Promise<number | null> {
  return (await NEXT_DUE.first(transaction, { account }))?.due_at ?? null
}

type Bucket = { tokens: number; pausedUntilMs: number }

const BUCKET = new Prepared(({ db }, { account }: { account: string }) =>
  db
    .selectFrom('rate_buckets')
    .select(['tokens', 'refilled_at', 'paused_until'])
    .where('account', '=', account),
)

const DRAW = new Prepared(
  ({ db }, { account, tokens, nowMs }: { account: string; tokens: number; nowMs: number }) =>
    db.updateTable('rate_buckets').set({ tokens, refilled_at: nowMs }).where('account', '=', account),
)

async function readBucket(transaction: Transaction, query: ClaimQuery): Promise<Bucket> {
  const { db, nowMs } = transaction
  const { account } = query
  const row = await BUCKET.first(transaction, { account })
  if (row === undefined) {
    await db
      .insertInto('rate_buckets')
      .values({
        account,
        project_id: 'default',
        tokens: query.burst,
        refilled_at: nowMs,
        paused_until: null,
        pause_reason: null,
      })
      .execute()
    return { tokens: query.burst, pausedUntilMs: 0 }
  }
  // A clock that went backwards refills nothing, and refilling starts again from the time it now shows.
  if (row.refilled_at > nowMs) await DRAW.run(transaction, { account, tokens: row.tokens, nowMs })
  const refill = (Math.max(0, nowMs - row.refilled_at) * query.perSecond) / 1_000
  return { tokens: Math.min(query.burst, row.tokens + refill), pausedUntilMs: row.paused_until ?? 0 }
}
