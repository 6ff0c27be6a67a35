import type { DeliveryClaim } from '../store/webhook-store.ts'
import { Alarm } from './alarm.ts'
import { deliver, type DeliveryContext } from './deliver.ts'

/** Longest sleep: a bound for what another process wrote. */
const IDLE_MS_MAX = 5_000
/** Requests under way at a time, over all addresses. */
const CONCURRENCY_MAX = 256
/** Of these, to addresses that have failed since they last worked: however many are dead, the others have room. */
const FAILING_MAX = 64
/** Of both, what one project may have. */
const PROJECT_LIMITS = { all: 96, failing: 24 }
const STORE_FAULT_PAUSE_MS = 1_000

/** Sends what the outbox holds. Each address has a few requests at a time, so that a dead one delays no other. */
export class Deliverer {
  readonly #context: DeliveryContext
  readonly #alarm: Alarm
  readonly #running = new Set<Promise<void>>()
  /** Requests under way, by project. */
  readonly #underWay = new Map<string, { all: number; failing: number }>()
  readonly #stopClaiming = new AbortController()
  readonly #giveUp = new AbortController()
  #loop: Promise<void> = Promise.resolve()
  #unsubscribe: () => void = () => {}

  constructor(context: DeliveryContext) {
    this.#context = context
    this.#alarm = new Alarm(context.clock)
  }

  start(): void {
    this.#unsubscribe = this.#context.store.webhooks.onDue(() => this.#lookNow())
    this.#loop = this.#run()
  }

  /** Stops claiming, and lets requests that are under way end for `graceMs`. What is cut off is sent again, as the same event. */
  async stop(graceMs: number): Promise<void> {
    this.#unsubscribe()
    this.#stopClaiming.abort()
    this.#lookNow()
    await this.#loop
    const done = new AbortController()
    await Promise.race([Promise.allSettled(this.#running), this.#context.clock.sleep(graceMs, done.signal)])
    done.abort()
    this.#giveUp.abort()
    await Promise.allSettled(this.#running)
  }

  #lookNow(): void {
    this.#alarm.expect(-Infinity)
  }

  async #run(): Promise<void> {
    const { clock } = this.#context
    while (!this.#stopClaiming.signal.aborted) {
      this.#alarm.reset()
      const nextDueAtMs = await this.#claim()
      if (this.#stopClaiming.signal.aborted) return
      await this.#alarm.sleepUntil(Math.min(nextDueAtMs, clock.nowMs() + IDLE_MS_MAX))
    }
  }

  /** One batch. Answers when to come back, unless a request ends before. */
  async #claim(): Promise<number> {
    const { store, clock, log, owner, leaseMs } = this.#context
    const limit = CONCURRENCY_MAX - this.#running.size
    if (limit <= 0) return Infinity
    const failing = [...this.#underWay.values()].reduce((sum, project) => sum + project.failing, 0)
    const failingLimit = FAILING_MAX - failing
    try {
      const shares = { failingLimit, projectLimits: PROJECT_LIMITS, underWay: this.#underWay }
      const query = { owner, limit, ...shares, leaseMs }
      const { claims, unreadable, nextDueAtMs } = await store.webhooks.claimDeliveries(query)
      for (const delivery of unreadable) {
        log.error({ delivery }, 'a stored delivery cannot be read: it was left alone, and waits')
      }
      for (const claim of claims) this.#send(claim)
      return nextDueAtMs ?? Infinity
    } catch (error) {
      log.error({ err: error }, 'the outbox could not be read; trying again')
      return clock.nowMs() + STORE_FAULT_PAUSE_MS
    }
  }

  #send(claim: DeliveryClaim): void {
    this.#count(claim, 1)
    const running = this.#attempt(claim).finally(() => {
      this.#running.delete(running)
      this.#count(claim, -1)
      // Its address may be sent the next one now.
      this.#lookNow()
    })
    this.#running.add(running)
  }

  #count({ delivery: { projectId }, failing }: DeliveryClaim, by: 1 | -1): void {
    const used = this.#underWay.get(projectId) ?? { all: 0, failing: 0 }
    const now = { all: used.all + by, failing: used.failing + (failing ? by : 0) }
    if (now.all === 0) this.#underWay.delete(projectId)
    else this.#underWay.set(projectId, now)
  }

  async #attempt(claim: DeliveryClaim): Promise<void> {
    const { store, log } = this.#context
    try {
      await deliver(this.#context, claim, this.#giveUp.signal)
    } catch (error) {
      if (this.#giveUp.signal.aborted) await store.webhooks.releaseDeliveries([claim]).catch(() => undefined)
      else
        log.error(
          { err: error, delivery: claim.delivery.id },
          'a delivery failed here; its lease will run out',
        )
    }
  }
}
