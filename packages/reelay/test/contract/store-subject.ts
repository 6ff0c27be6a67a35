import type { Claim, ClaimQuery, InsertOutcome, Move, Store, TaskInsert } from '../../src/store/store.ts'
import type { Clock } from '../../src/system/clock.ts'
import { TestClock } from '../../src/system/test-clock.ts'
import type { TaskState } from '../../src/task/state.ts'
import type { Attempt, Decision, Task } from '../../src/task/task.ts'
import { newTask } from '../support/new-task.ts'

/** Opens a new, empty store whose time is the given clock's. */
export type OpenStore = (clock: Clock) => Promise<Store>

export const ACCOUNT = 'scripted'
export const LEASE_MS = 30_000

/** An attempt as a submit opens it. */
export const attemptOf = (n: number, patch: Partial<Attempt> = {}): Attempt => ({
  n,
  account: ACCOUNT,
  model: 'm',
  state: 'submitting',
  clientToken: `token-${n}`,
  operation: null,
  startedAtMs: 0,
  answeredAtMs: null,
  endedAtMs: null,
  ...patch,
})

/** A store under test with the short cuts that the contract's cases need. */
export class StoreSubject {
  readonly clock: TestClock
  readonly store: Store

  constructor(clock: TestClock, store: Store) {
    this.clock = clock
    this.store = store
  }

  static async open(open: OpenStore): Promise<StoreSubject> {
    const clock = new TestClock()
    return new StoreSubject(clock, await open(clock))
  }

  insert(patch: Partial<Task> = {}, extras: Partial<TaskInsert> = {}): Promise<InsertOutcome> {
    const task = newTask(this.clock.nowMs(), patch)
    return this.store.insertTask({
      task,
      account: task.candidates[0]?.account ?? ACCOUNT,
      dueAtMs: this.clock.nowMs(),
      artifacts: [],
      events: [{ kind: 'task.created' }],
      idempotency: null,
      replay: null,
      limits: { inFlightMax: null, perDayMax: null },
      ...extras,
    })
  }

  async create(patch: Partial<Task> = {}, extras: Partial<TaskInsert> = {}): Promise<Task> {
    const outcome = await this.insert(patch, extras)
    if (outcome.kind !== 'created') throw new Error(`not created: ${outcome.kind}`)
    return outcome.task
  }

  async task(id: string): Promise<Task> {
    const task = await this.store.loadTask(id)
    if (task === undefined) throw new Error(`no task ${id}`)
    return task
  }

  async claim(query: Partial<ClaimQuery> = {}): Promise<readonly Claim[]> {
    const whole = {
      owner: 'w1',
      account: ACCOUNT,
      limit: 100,
      leaseMs: LEASE_MS,
      perSecond: 1_000,
      burst: 1_000,
      slotsMax: null,
    }
    return (await this.store.claimDue({ ...whole, ...query })).claims
  }

  /** Claims the one task that is due. */
  async claimOne(query: Partial<ClaimQuery> = {}): Promise<Claim> {
    const claims = await this.claim(query)
    if (claims.length !== 1) throw new Error(`${claims.length} tasks are due, not one`)
    return claims[0]!
  }

  move(claim: Claim, to: TaskState, patch: Partial<Move> = {}): Move {
    const decision: Decision = { to, dueAtMs: this.clock.nowMs(), patch: {}, events: [] }
    return { ...decision, claim, from: claim.task.state, account: ACCOUNT, ...patch }
  }

  /** Claims the due task, submits it and leaves it running, due now. */
  async run(jobId: string, patch: Partial<Move> = {}): Promise<Task> {
    const claim = await this.claimOne()
    const n = (claim.task.attempt?.n ?? 0) + 1
    const attempt = attemptOf(n, { startedAtMs: this.clock.nowMs() })
    await this.store.commit(
      this.move(claim, 'submitting', { attempt: { kind: 'open', attempt }, keepLeaseMs: LEASE_MS }),
    )
    const outcome = await this.store.commit({
      ...this.move(claim, 'running', { from: 'submitting' }),
      attempt: { kind: 'patch', n, patch: { state: 'accepted', operation: { providerTaskId: jobId } } },
      ...patch,
    })
    if (outcome.kind !== 'committed') throw new Error(`not committed: ${outcome.kind}`)
    return outcome.task
  }

  async kinds(id: string): Promise<readonly string[]> {
    return (await this.store.timeline(id)).map((entry) => entry.kind)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store.close()
  }
}
