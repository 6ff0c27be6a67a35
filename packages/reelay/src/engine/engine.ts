import type { Claim, ClaimQuery } from '../store/store.ts'
import { isTerminal, type TaskState } from '../task/state.ts'
import { Alarm } from './alarm.ts'
import { archive } from './archive.ts'
import { cancelTask } from './cancel-task.ts'
import { drain } from './drain.ts'
import { expire } from './expire.ts'
import { holdLease } from './lease.ts'
import { poll } from './poll.ts'
import { recoverSubmit } from './recover-submit.ts'
import { resolveUnknown } from './resolve-unknown.ts'
import type { EngineContext } from './context.ts'
import type { Step } from './step.ts'
import { submit } from './submit.ts'
import { wantsCancel } from './wants-cancel.ts'

/** Longest sleep of an account's loop: a bound for wakes that another process wrote. */
const IDLE_MS_MAX = 1_000
const BATCH_MAX = 200
/** What one account may have under way of all room, but for downloads, which have a bound of their own. */
const ACCOUNT_SHARE = 1 / 4
/** Of little room, all: small claims cost as much as large ones, and processes take turns for an account. */
const ACCOUNT_MIN = 32
/**
 * Beyond all room, for those that go first: a backlog of looks keeps them waiting no longer than others of their kind. Ten ends a second
 * at a provider that takes two seconds for each answer are forty looks and downloads.
 */
const EXPRESS_MAX = 64
const EXPRESS_BATCH_MAX = 8
/** With all room taken by steps, what is free after this long is claimed together: one by one, a claim costs more than a look. */
const GATHER_MS = 20
/** For the last commits of steps that were cut off at a stop. */
const LAST_WRITES_MS = 1_000
/** After a failed claim (disk full, database gone). */
const STORE_FAULT_PAUSE_MS = 1_000

/** What is done with a claimed task, by its state. */
const STEP: Readonly<Record<TaskState, Step>> = {
  queued: submit,
  submitting: recoverSubmit,
  unknown: resolveUnknown,
  running: poll,
  archiving: archive,
  completed: drain,
  failed: drain,
  error: drain,
}

/** The loop of one account, and what it has heard of what was announced. */
type AccountLoop = { readonly account: string; heard: number }

/**
 * Claims due tasks and runs one step for each. Every account has a loop of its own, so that a slow or paused provider
 * delays no other.
 */
export class Engine {
  readonly #context: EngineContext
  readonly #running = new Set<Promise<void>>()
  /** Room of claims that are under way: several loops must not be given the same. */
  #reserved = 0
  /** How often something was scheduled that may go first. */
  #announced = 0
  /** Steps under way by account, without downloads. */
  readonly #underWay = new Map<string, number>()
  #stepEnded = Promise.withResolvers<void>()
  readonly #loops = new Map<string, Promise<void>>()
  readonly #alarms: Alarm[] = []
  readonly #stopClaiming = new AbortController()
  readonly #abortSteps = new AbortController()
  readonly #giveUp = new AbortController()
  #unsubscribe: () => void = () => {}

  constructor(context: EngineContext) {
    this.#context = context
  }

  /** Starts one loop per account that is configured or has tasks waiting. */
  async start(): Promise<void> {
    const { store, providers } = this.#context
    const scheduled = await store.scheduledAccounts()
    for (const account of [...providers.keys(), ...scheduled]) this.#startLoop(account)
    this.#unsubscribe = store.onChange((_taskId, kind) => {
      if (kind === 'scheduled') this.#announce()
    })
  }

  #startLoop(account: string): void {
    if (this.#loops.has(account) || this.#stopClaiming.signal.aborted) return
    const { providers, log, clock } = this.#context
    if (!providers.has(account)) {
      log.warn({ account }, 'tasks wait for an account that is not configured: configure it again to go on')
    }
    const alarm = new Alarm(clock)
    this.#alarms.push(alarm)
    this.#loops.set(account, this.#loop(account, alarm))
  }

  /** Something is due that may go first: also loops that wait for room ask for it. */
  #announce(): void {
    this.#announced += 1
    this.#expect(this.#context.clock.nowMs())
    this.#tellRoom()
  }

  /** Something is due at that time: loops that planned to sleep longer look again. */
  #expect(dueAtMs: number): void {
    for (const alarm of this.#alarms) alarm.expect(dueAtMs)
  }

  /**
   * Stops claiming, lets submits finish for `graceMs`, ends looks and downloads, gives leases back. A submit that takes
   * longer is recorded as unknown.
   */
  async stop(graceMs: number): Promise<void> {
    this.#unsubscribe()
    this.#stopClaiming.abort()
    this.#expect(-Infinity)
    this.#abortSteps.abort()
    await Promise.all(this.#loops.values())
    await this.#settled(graceMs)
    this.#giveUp.abort()
    await this.#settled(LAST_WRITES_MS)
  }

  /** Waits until no step runs, but not longer than that. */
  async #settled(msMax: number): Promise<void> {
    const done = new AbortController()
    await Promise.race([Promise.allSettled(this.#running), this.#context.clock.sleep(msMax, done.signal)])
    done.abort()
  }

  async #loop(account: string, alarm: Alarm): Promise<void> {
    const loop = { account, heard: this.#announced }
    while (!this.#stopClaiming.signal.aborted) {
      alarm.reset()
      const nextDueAtMs = await this.#claim(loop)
      await alarm.sleepUntil(Math.min(nextDueAtMs, this.#context.clock.nowMs() + IDLE_MS_MAX))
    }
  }

  /** Answers when to come back. */
  async #claim(loop: AccountLoop): Promise<number> {
    const room = this.#roomFor(loop.account)
    if (room > 0) return this.#take(loop, { limit: Math.min(room, BATCH_MAX), onlyFirst: false })
    const express = Math.min(room + EXPRESS_MAX, EXPRESS_BATCH_MAX)
    if (loop.heard !== this.#announced && express > 0)
      await this.#take(loop, { limit: express, onlyFirst: true })
    await this.#untilRoom(loop.account)
    return this.#context.clock.nowMs()
  }

  /** One batch. Answers when there is more. */
  async #take(loop: AccountLoop, share: Pick<ClaimQuery, 'limit' | 'onlyFirst'>): Promise<number> {
    const { store, clock, log, owner, leaseMs, looks, providers } = this.#context
    const { account } = loop
    const { perSecond, burst } = this.#context.pacingOf(account)
    const slotsMax = providers.get(account)?.traits.pacing.inFlightMax ?? null
    loop.heard = this.#announced
    this.#reserved += share.limit
    try {
      const query = { owner, account, leaseMs, perSecond, burst, slotsMax, ...share }
      const batch = await store.claimDue(query)
      if (!share.onlyFirst) looks.claimed(query, batch)
      for (const task of batch.unreadable) {
        log.error({ task, account }, 'a stored task cannot be read: it was left alone, and waits')
      }
      for (const claim of batch.claims) this.#run(claim, account)
      return batch.nextDueAtMs ?? clock.nowMs() + IDLE_MS_MAX
    } catch (error) {
      log.error({ err: error, account }, 'the store did not answer; trying again')
      return clock.nowMs() + STORE_FAULT_PAUSE_MS
    } finally {
      this.#reserved -= share.limit
      this.#tellRoom()
    }
  }

  #roomFor(account: string): number {
    const { concurrencyMax, downloads } = this.#context
    const ofAccount = Math.max(ACCOUNT_MIN, Math.ceil(concurrencyMax * ACCOUNT_SHARE))
    // Who waits for a turn to download does nothing: many of them must not keep the looks of other accounts waiting.
    const room = concurrencyMax - this.#running.size - this.#reserved + downloads.slots.waiting
    return Math.min(room, ofAccount - (this.#underWay.get(account) ?? 0))
  }

  /** To all who wait: one promise, for whoever raced those of the steps would leave something behind with each of them. */
  #tellRoom(): void {
    this.#stepEnded.resolve()
    this.#stepEnded = Promise.withResolvers<void>()
  }

  /** A step that ends makes room, and so does one that begins to wait for its turn to download. */
  async #untilRoom(account: string): Promise<void> {
    const over = new AbortController()
    const ending = AbortSignal.any([over.signal, this.#stopClaiming.signal])
    await Promise.race([this.#stepEnded.promise, this.#context.clock.sleep(IDLE_MS_MAX, ending)])
    over.abort()
    // What claims hold is free again when they are answered, a moment later.
    if (this.#roomFor(account) + this.#reserved <= 1)
      await this.#context.clock.sleep(GATHER_MS, this.#stopClaiming.signal)
  }

  #run(claim: Claim, account: string): void {
    // A step may move its task to any of them, also to one that had neither a configuration nor a task until now.
    for (const candidate of claim.task.candidates) this.#startLoop(candidate.account)
    const counted = claim.task.state === 'archiving' ? 0 : 1
    this.#count(account, counted)
    const running = this.#step(claim).finally(() => {
      this.#running.delete(running)
      this.#count(account, -counted)
      this.#tellRoom()
    })
    this.#running.add(running)
  }

  #count(account: string, change: number): void {
    this.#underWay.set(account, (this.#underWay.get(account) ?? 0) + change)
  }

  async #step(claim: Claim): Promise<void> {
    const { clock, log, store } = this.#context
    const lease = holdLease(this.#context, claim, this.#abortSteps.signal, this.#giveUp.signal)
    try {
      const dueAtMs = await this.#stepFor(claim)(this.#context, claim, lease)
      if (dueAtMs !== null && dueAtMs <= clock.nowMs()) this.#announce()
      else if (dueAtMs !== null) this.#expect(dueAtMs)
    } catch (error) {
      // A step that was ended by a stop gives its task back; anything else leaves the lease to run out.
      if (lease.signal.aborted) await store.release([claim]).catch(() => undefined)
      else
        log.error(
          { err: error, task: claim.taskId, state: claim.task.state },
          'a step failed; its lease will run out',
        )
    } finally {
      await lease.end()
    }
  }

  #stepFor({ task }: Claim): Step {
    if (isTerminal(task.state)) return drain
    if (wantsCancel(task)) return cancelTask
    if (this.#context.clock.nowMs() >= task.deadlineAtMs && task.state !== 'submitting') return expire
    return STEP[task.state]
  }
}
