import type { ClaimQuery, Store } from '../store/store.ts'
import type { Clock } from '../system/clock.ts'
import type { Log } from '../system/log.ts'
import { curveOf, type DurationCurve } from '../task/duration-curve.ts'
import { newestEra, seenIn, type DurationSketch } from '../task/duration-sketch.ts'
import { isAdopted } from '../task/is-adopted.ts'
import { lookPriceMs, nextScarcity } from '../task/look-price.ts'
import { planLooks, type LookPlan } from '../task/look-plan.ts'
import type { Timing } from '../task/schedule.ts'
import type { Task } from '../task/task.ts'
import { durationKeyOf } from './duration-key.ts'

/** For how long what was read of a kind of job is used without asking the store again. */
const KEPT_MS = 30_000
/** Kinds of job that are remembered; the one that was used longest ago goes first. */
const KINDS_MAX = 1_000
/** The curve is fitted again once so many more durations were seen, or an era began. */
const GROWTH = 1.2

type Kind = {
  readAtMs: number
  reading: Promise<void>
  fitted: { era: number; seen: number; curve: DurationCurve } | undefined
  /** By price. */
  plans: Map<number, LookPlan>
}

/** How many were granted, and when the next one is due. */
type Granted = { claims: readonly unknown[]; nextDueAtMs: number | null }

type LooksParts = { store: Pick<Store, 'durations'>; clock: Clock; log: Log; eagerness: number }

/** What this process knows of how long jobs take, as plans of when to look at them; and what a look is worth now. */
export class Looks {
  readonly #parts: LooksParts
  readonly #kinds = new Map<string, Kind>()
  readonly #scarcity = new Map<string, { factor: number; atMs: number }>()

  constructor(parts: LooksParts) {
    this.#parts = parts
  }

  /** The plan for the job of a task; undefined while nothing is known of its kind. Never rejects. */
  async planFor(task: Task, timing: Timing): Promise<LookPlan | undefined> {
    // When the job of an adopted task was submitted is not known.
    if (task.attempt === null || isAdopted(task)) return undefined
    const { fitted, plans } = await this.#kindOf(durationKeyOf(task))
    if (fitted === undefined) return undefined
    const priceMs = lookPriceMs(timing, this.#parts.eagerness, this.scarcityOf(task.attempt.account))
    const known = plans.get(priceMs)
    if (known !== undefined) return known
    const plan = planLooks(fitted.curve, { priceMs, pauseMsMin: timing.intervalMs })
    plans.set(priceMs, plan)
    return plan
  }

  /** The price factor of an account's looks: 1 as long as its rate keeps up with them. */
  scarcityOf(account: string): number {
    return this.#scarcity.get(account)?.factor ?? 1
  }

  /** Is told of each claim: one that was granted less than it asked for, while more was due, shows that looks are too many. */
  claimed({ account, limit }: Pick<ClaimQuery, 'account' | 'limit'>, { claims, nextDueAtMs }: Granted): void {
    if (claims.length === 0) return
    const nowMs = this.#parts.clock.nowMs()
    const last = this.#scarcity.get(account) ?? { factor: 1, atMs: nowMs }
    const lateMs = claims.length < limit ? nowMs - (nextDueAtMs ?? nowMs) : 0
    const backlog = { lateMs, passedMs: Math.max(0, nowMs - last.atMs) }
    this.#scarcity.set(account, { factor: nextScarcity(last.factor, backlog), atMs: nowMs })
  }

  async #kindOf(key: string): Promise<Kind> {
    const nowMs = this.#parts.clock.nowMs()
    const known = this.#kinds.get(key)
    const kind = known ?? { readAtMs: nowMs, reading: Promise.resolve(), fitted: undefined, plans: new Map() }
    if (known === undefined || Math.abs(nowMs - known.readAtMs) >= KEPT_MS) {
      kind.readAtMs = nowMs
      kind.reading = this.#read(key, kind)
    }
    this.#kinds.delete(key)
    this.#kinds.set(key, kind)
    const [oldest] = this.#kinds.keys()
    if (this.#kinds.size > KINDS_MAX && oldest !== undefined) this.#kinds.delete(oldest)
    await kind.reading
    return kind
  }

  async #read(key: string, kind: Kind): Promise<void> {
    try {
      const sketch = await this.#parts.store.durations(key)
      if (!isNews(sketch, kind.fitted)) return
      const curve = curveOf(sketch)
      if (curve === undefined) return
      kind.fitted = { era: newestEra(sketch), seen: seenIn(sketch), curve }
      kind.plans.clear()
    } catch (error) {
      // What was known stands: no job is left alone because the store is away for a moment.
      this.#parts.log.warn({ err: error, kind: key }, 'the durations of a kind of job could not be read')
    }
  }
}

const isNews = (sketch: DurationSketch, fitted: Kind['fitted']): boolean =>
  fitted === undefined || newestEra(sketch) !== fitted.era || seenIn(sketch) >= fitted.seen * GROWTH
