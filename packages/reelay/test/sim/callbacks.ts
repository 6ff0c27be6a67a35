import { HEED_AFTER_MS } from '../../src/http/take-callback.ts'
import { hashOfKey } from '../../src/system/hash-of-key.ts'
import type { Task } from '../../src/task/task.ts'
import { atOnce } from '../support/at-once.ts'
import type { CallbackKind } from './commands.ts'
import { callbackBody, NOBODYS_JOB, type Job } from './upstream.ts'
import type { World } from './world.ts'

const OK = 200
const NOT_FOUND = 404
/** Of one attempt, as the store bounds it. */
const KEPT_MAX = 50
const FORGED_MAX = 10
const HOOKS = 'https://reelay.test/hooks/one/'
const TOKEN_CHARACTERS = 43

type Kept = { taskId: string; body: Buffer }

/** Everybody who calls back, or pretends to. */
export class Callers {
  readonly #world: World
  /** Callbacks that were answered as kept. */
  readonly #kept: Kept[] = []

  constructor(world: World) {
    this.#world = world
    world.call = (url, body) => this.call(url, body)
  }

  async say(pick: number, kind: CallbackKind, nonce: number): Promise<void> {
    if (kind === 'stranger') return this.call(`${HOOKS}${'x'.repeat(TOKEN_CHARACTERS)}`, '{}')
    const job = this.#jobs()[pick % this.#jobs().length]
    if (job?.callbackUrl != null) await this.call(job.callbackUrl, this.#body(job, kind, nonce))
  }

  async flood(pick: number, count: number, gapMs: number): Promise<void> {
    const { upstream } = this.#world
    const running = this.#jobs().filter((job) => upstream.stateOf(job) === 'running')
    const job = running[pick % running.length]
    if (job?.callbackUrl == null) return
    for (let nonce = 0; nonce < count; nonce += 1) {
      await this.call(job.callbackUrl, callbackBody(job.id, 'ended', 'good', nonce))
      await this.#world.pass(gapMs)
    }
  }

  #jobs(): readonly Job[] {
    return [...this.#world.upstream.jobs.values()].filter(({ callbackUrl }) => callbackUrl !== null)
  }

  #body(job: Job, kind: CallbackKind, nonce: number): string {
    const status = this.#world.upstream.stateOf(job) === 'running' ? 'running' : 'ended'
    switch (kind) {
      case 'true':
        return callbackBody(job.id, status, 'good')
      case 'premature':
        return callbackBody(job.id, 'ended', 'good', nonce)
      case 'wrong_id':
        return callbackBody(NOBODYS_JOB, 'ended', 'none', nonce)
      case 'forged':
        return callbackBody(job.id, 'ended', 'wrong', nonce)
      case 'forged_id':
      case 'stranger':
        return callbackBody(NOBODYS_JOB, 'ended', 'wrong', nonce)
    }
  }

  /** One request of a provider, and all that it may and may not do. */
  async call(url: string, body: string): Promise<void> {
    const { awake, chance, findings, watch, disturbances, isClockFollowed } = this.#world
    const replica = awake[chance.whole(0, awake.length - 1)]
    if (replica === undefined) return
    const hash = hashOfKey(url.split('/').at(-1) ?? '')
    const target = atOnce(this.#world.store.findCallbackTarget(hash))
    const before = this.#look(target?.taskId)
    const moves = watch.moves.get(target?.taskId ?? '')
    const answer = await this.#world.ask(() => replica.callHook(url, body))
    await this.#world.instant(HEED_AFTER_MS)
    const status = answer.kind === 'answered' ? answer.value : undefined
    if (target === undefined) {
      if (status !== undefined && this.#world.storeFault.mode !== 'down')
        findings.check(14, status === NOT_FOUND, () => `an unknown token was answered with ${status}`)
      return
    }
    const after = this.#look(target.taskId)
    // The first write after the clock was set moves along what is planned. A look that was due is nobody's fault.
    if (isClockFollowed && moves === watch.moves.get(target.taskId)) {
      findings.check(13, before?.fields === after?.fields, () => `${before?.fields} became ${after?.fields}`)
      if (body.includes('"seal":"wrong"') && disturbances === this.#world.disturbances)
        findings.check(13, before?.schedule === after?.schedule, () => `a forged one woke ${target.taskId}`)
    }
    if (after !== undefined) watch.tasks.set(target.taskId, after.task)
    if (status === OK) this.#stored({ taskId: target.taskId, body: Buffer.from(body) })
  }

  #look(taskId: string | undefined): { task: Task; fields: string; schedule: string } | undefined {
    const task = taskId === undefined ? undefined : this.#world.stored(taskId)
    if (task === undefined) return undefined
    const { attempt, state } = task
    // An id may become a candidate for an answer that was lost.
    const shown = state === 'unknown' && attempt !== null ? { ...attempt, operation: null } : attempt
    const schedule = this.#world
      .statement('select due_at, hint_step, callback_due_at, wake_seq from schedule where task_id = ?')
      .get(task.id)
    return {
      task,
      fields: JSON.stringify({ ...task, attempt: shown }),
      schedule: JSON.stringify(schedule),
    }
  }

  #stored(kept: Kept): void {
    if (this.#isStored(kept)) this.#kept.push(kept)
    const { total = 0, forged = 0 } =
      this.#world
        .statement(
          `select count(*) as total, sum(verdict = 'forged') as forged from callbacks_in where task_id = ?`,
        )
        .get(kept.taskId) ?? {}
    const { findings } = this.#world
    const attempts = Math.max(1, this.#world.stored(kept.taskId)?.attempt?.n ?? 1)
    findings.check(16, Number(total) <= KEPT_MAX * attempts, () => `${Number(total)} callbacks are kept`)
    const isFull = Number(total) >= KEPT_MAX || Number(forged) >= FORGED_MAX
    findings.check(
      15,
      isFull || this.#isStored(kept),
      () => `${kept.body.toString()} was answered, not stored`,
    )
  }

  #isStored({ taskId, body }: Kept): boolean {
    const row = this.#world
      .statement('select 1 from callbacks_in where task_id = ? and body = ?')
      .get(taskId, body)
    return row !== undefined
  }

  /** What was once answered is there for good. */
  checkKept(): void {
    for (const kept of this.#kept)
      this.#world.findings.check(15, this.#isStored(kept), () => `${kept.body.toString()} is gone`)
  }
}
