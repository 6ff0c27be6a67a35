import { join } from 'node:path'
import { openSqliteStore } from '../packages/reelay/src/store/sqlite/sqlite-store.ts'
import type { Claim, Store } from '../packages/reelay/src/store/store.ts'
import { systemClock } from '../packages/reelay/src/system/clock.ts'
import { systemIds } from '../packages/reelay/src/system/ids.ts'
import { hashOfKey } from '../packages/reelay/src/system/hash-of-key.ts'
import type { AttemptChange } from '../packages/reelay/src/task/task.ts'
import { newTask } from '../packages/reelay/test/support/new-task.ts'

const DAY_MS = 86_400_000

/** A database with jobs under way at one account, and the tokens of the addresses that their provider was given. */
export async function seedAttempts(
  directory: string,
  { account, count }: { account: string; count: number },
): Promise<readonly string[]> {
  const store = await openSqliteStore({ path: join(directory, 'reelay.db'), clock: systemClock })
  const nowMs = systemClock.nowMs()
  const tasks = Array.from({ length: count }, () => newTask(nowMs, { candidates: [{ account, model: 'm' }] }))
  await Promise.all(
    tasks.map((task) =>
      store.insertTask({
        task,
        account,
        dueAtMs: nowMs,
        artifacts: [],
        events: [],
        idempotency: null,
        replay: null,
        limits: { inFlightMax: null, perDayMax: null },
      }),
    ),
  )
  const query = { owner: 'bench', account, limit: count, leaseMs: DAY_MS, slotsMax: null }
  const { claims } = await store.claimDue({ ...query, perSecond: count, burst: count })
  const tokens = await Promise.all(claims.map((claim) => startJob(store, claim)))
  await store.close()
  if (tokens.length !== count) throw new Error(`${tokens.length} jobs are under way, not ${count}`)
  return tokens
}

async function startJob(store: Store, claim: Claim): Promise<string> {
  const nowMs = systemClock.nowMs()
  const account = claim.task.candidates[0]?.account ?? ''
  const token = systemIds.secret(32)
  const move = (attempt: AttemptChange) => ({ claim, account, attempt, patch: {}, events: [] })
  const attempt = {
    n: 1,
    account,
    model: 'm',
    state: 'submitting' as const,
    clientToken: systemIds.secret(16),
    operation: null,
    startedAtMs: nowMs,
    answeredAtMs: null,
    endedAtMs: null,
  }
  await store.commit({
    ...move({ kind: 'open', attempt, callbackTokenHash: hashOfKey(token) }),
    from: 'queued',
    to: 'submitting',
    dueAtMs: nowMs,
    keepLeaseMs: DAY_MS,
  })
  const patch = { state: 'accepted' as const, operation: { providerTaskId: `job-${claim.taskId}` } }
  const running = move({ kind: 'patch', n: 1, patch })
  await store.commit({ ...running, from: 'submitting', to: 'running', dueAtMs: nowMs + DAY_MS })
  return token
}
