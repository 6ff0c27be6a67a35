import assert from 'node:assert/strict'
import type { AccountCallbackIn, CallbackIn, Move, Store } from '../../src/store/store.ts'
import type { Clock } from '../../src/system/clock.ts'
import { TestClock } from '../../src/system/test-clock.ts'
import type { TaskState } from '../../src/task/state.ts'
import { ACCOUNT, attemptOf, LEASE_MS, StoreSubject } from './store-subject.ts'

export const HOUR_MS: number = 3_600_000

export type Row = Readonly<Record<string, unknown>>

/** A new, empty store, and its tables as they are stored. */
export type OpenTables = (
  clock: Clock,
) => Promise<{ store: Store; rows: (table: string) => Promise<readonly Row[]> }>

/** Everything that a callback must leave alone, and the schedule. */
const TABLES = ['tasks', 'attempts', 'artifacts', 'deliveries', 'duration_sketches', 'schedule'] as const

const callbackOf = (s: CallbackSubject, patch: Partial<CallbackIn>): CallbackIn => {
  const body = patch.body ?? Buffer.from(`body ${(s.bodies += 1)}`)
  const attempt = patch.attempt ?? 1
  const taskId = patch.taskId ?? s.id
  return {
    projectId: 'default',
    taskId,
    attempt,
    provider: 'scripted',
    dedupeKey: `${taskId}.${attempt}.${Buffer.from(body).toString('hex').slice(0, 600)}`,
    headers: {},
    body,
    verdict: 'unsigned',
    operation: null,
    hint: 'moved',
    ...patch,
  }
}

/** A store under test in which one task is called back about. */
export class CallbackSubject extends StoreSubject {
  readonly rows: (table: string) => Promise<readonly Row[]>
  /** The task that the test is about. */
  id: string = ''
  bodies: number = 0

  constructor(clock: TestClock, store: Store, rows: CallbackSubject['rows']) {
    super(clock, store)
    this.rows = rows
  }

  static async of(open: OpenTables): Promise<CallbackSubject> {
    const clock = new TestClock()
    const { store, rows } = await open(clock)
    return new CallbackSubject(clock, store, rows)
  }

  /** One is kept and heeded. */
  async record(patch: Partial<CallbackIn> = {}): ReturnType<Store['recordCallback']> {
    const callback = callbackOf(this, patch)
    const outcome = await this.store.recordCallback(callback)
    if (outcome !== 'full') await this.store.heedCallback(callback, outcome === 'kept')
    return outcome
  }

  /** One is kept just before the process ends. */
  keep(patch: Partial<CallbackIn> = {}): ReturnType<Store['recordCallback']> {
    return this.store.recordCallback(callbackOf(this, patch))
  }

  /** What came to the address of the account. */
  async recordForAccount(patch: Partial<AccountCallbackIn> = {}): ReturnType<Store['recordCallback']> {
    const { projectId: _project, taskId: _task, attempt: _attempt, ...callback } = callbackOf(this, {})
    const { account = ACCOUNT, body = callback.body, verdict = 'unsigned' } = patch
    const dedupeKey = `${account}.${verdict}.${Buffer.from(body).toString('hex').slice(0, 600)}`
    const sent = { ...callback, account, job: null, dedupeKey, ...patch }
    const { outcome, about } = await this.store.recordAccountCallback(sent)
    if (outcome !== 'full' && about !== null) await this.store.heedCallback(about, outcome === 'kept')
    return outcome
  }

  /** Opens attempt `n`, whose token hash is `hash-<n>-<task>`, and holds the lease. */
  async submit(n = 1): Promise<Awaited<ReturnType<StoreSubject['claimOne']>>> {
    const claim = await this.claimOne()
    this.id = claim.taskId
    const attempt = { kind: 'open' as const, attempt: attemptOf(n, { clientToken: `${this.id}.${n}` }) }
    await this.store.commit(
      this.move(claim, 'submitting', {
        attempt: { ...attempt, callbackTokenHash: `hash-${n}-${this.id}` },
        keepLeaseMs: LEASE_MS,
      }),
    )
    return claim
  }

  /** A task whose first attempt came to that state, due in an hour, or `dueInMs`. */
  async reach(state: TaskState, dueInMs: number = HOUR_MS): Promise<string> {
    const { id } = await this.create()
    this.id = id
    if (state === 'queued') return id
    const claim = await this.submit()
    const dueAtMs = this.clock.nowMs() + dueInMs
    const later = (from: TaskState, to: TaskState, patch: Partial<Move> = {}) =>
      this.store.commit(this.move(claim, to, { from, dueAtMs, ...patch }))
    if (state === 'submitting') return id
    if (state === 'unknown') {
      await later('submitting', 'unknown', { attempt: { kind: 'patch', n: 1, patch: { state } } })
      return id
    }
    const operation = { providerTaskId: `job-${id}` }
    const accepted = { kind: 'patch' as const, n: 1, patch: { state: 'accepted' as const, operation } }
    const isRunning = state === 'running'
    const kept = isRunning ? {} : { keepLeaseMs: LEASE_MS }
    await later('submitting', 'running', { attempt: accepted, ...kept })
    if (isRunning) return id
    const isArchiving = state === 'archiving'
    await later('running', 'archiving', isArchiving ? {} : { keepLeaseMs: LEASE_MS })
    if (!isArchiving) await later('archiving', state, { dueAtMs: null })
    return id
  }

  async snapshot(): Promise<Record<string, readonly Row[]>> {
    const tables = await Promise.all(TABLES.map(async (name) => [name, await this.rows(name)] as const))
    return Object.fromEntries(tables)
  }

  /** The one scheduled row. */
  async schedule(): Promise<Row> {
    const [row] = await this.rows('schedule')
    assert.ok(row)
    return row
  }

  /** Makes the looks that are due: each takes `lookMs`, learns nothing, and asks for the next in an hour. */
  async looks(during: () => Promise<unknown> = () => Promise.resolve()): Promise<number> {
    let count = 0
    for (; count < 100; count += 1) {
      const [claim] = await this.claim()
      if (claim === undefined) break
      await during()
      const dueAtMs = this.clock.nowMs() + HOUR_MS
      await this.store.commit(this.move(claim, 'running', { dueAtMs, looked: true }))
    }
    return count
  }
}
