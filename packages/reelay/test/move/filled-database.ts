import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import type { Store } from '../../src/store/store.ts'
import { TestClock } from '../../src/system/test-clock.ts'
import { attemptOf, LEASE_MS } from '../contract/store-subject.ts'
import { WebhookSubject } from '../contract/webhook-subject.ts'

/** More than a page of rows, so that pages have to meet. */
const QUEUED = 450
const HOUR_MS = 3_600_000

/** What a process held when it was stopped: rows of it must be free where they are imported. */
export type Filled = { leasedId: string; clock: TestClock }

/** Tasks in many states, callbacks, deliveries and keys, as a gateway leaves them that was killed. */
export async function fillDatabase(path: string): Promise<Filled> {
  // An hour ago, so that none of its times is mistaken for the time of an import.
  const clock = new TestClock(Date.now() - HOUR_MS)
  const store = await openSqliteStore({ path, clock })
  try {
    return await fill(new WebhookSubject(clock, store), clock, store)
  } finally {
    await store.close()
  }
}

async function fill(s: WebhookSubject, clock: TestClock, store: Store): Promise<Filled> {
  await store.createProject({
    id: 'proj_a',
    name: 'A "quoted" name — ünï 🎬',
    createdAtMs: 5,
    limits: { perDay: 3 },
  })
  await s.endpoint('ep')
  await s.create({ id: 'video_running' })
  await s.run('job-1')
  const claim = await s.claimOne()
  await store.commit(s.move(claim, 'running', { dueAtMs: clock.nowMs() + 2 * HOUR_MS }))
  await s.create({ id: 'video_leased' })
  const held = await s.claimOne()
  const attempt = { kind: 'open' as const, attempt: attemptOf(1, { clientToken: 'held' }) }
  await store.commit(
    s.move(held, 'submitting', {
      attempt: { ...attempt, callbackTokenHash: 'hash-of-token' },
      keepLeaseMs: LEASE_MS,
    }),
  )
  const callback = {
    projectId: 'default',
    taskId: 'video_leased',
    attempt: 1,
    provider: 'scripted',
    dedupeKey: 'bytes',
    headers: { 'x-a': 'b' },
    body: Buffer.from([0, 255, 10, 13, 34, 92, 128]),
    verdict: 'unsigned',
    operation: { providerTaskId: 'job-2' },
    hint: 'moved',
  } as const
  await store.recordCallback(callback)
  await store.heedCallback(callback, true)
  // A receiver may answer anything.
  const [delivery] = await s.take({ limit: 1 })
  if (delivery === undefined) throw new Error('nothing is to be delivered')
  await s.write(delivery, {
    state: 'pending',
    attempt: { responseBody: 'nul \u0000 here, and a line\nmore' },
  })
  await s.take({ limit: 1 })
  // At once: they share their commits.
  await Promise.all(
    Array.from({ length: QUEUED }, (_, index) => {
      const expiresAtMs = clock.nowMs() + 86_400_000
      const idempotency = { route: 'r', key: `key-${index}`, fingerprint: `f-${index}`, expiresAtMs }
      return s.create(
        { metadata: { index: String(index) } },
        { idempotency, dueAtMs: clock.nowMs() + 60_000 },
      )
    }),
  )
  return { leasedId: 'video_leased', clock }
}
