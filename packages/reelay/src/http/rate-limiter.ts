import type { Limits, Store } from '../store/store.ts'
import { whenThere, type Awaitable } from '../system/awaitable.ts'
import type { Clock } from '../system/clock.ts'
import { LimitBucket } from './limit-bucket.ts'

/** What a request counts as. Creates make videos; reads are everything else that needs a key. */
export type LimitedAct = 'create' | 'read'

/** How old what is known of a project's own limits may be: another process may have changed them. */
const REREAD_MS = 5_000

type Entry = { limits: Limits; readAtMs: number; creates: LimitBucket; reads: LimitBucket }

/**
 * The rates of all projects, counted in this process and on the monotonic clock. Its memory is bounded by the number of
 * projects, which only administrators make.
 */
export class RateLimiter {
  readonly #entries = new Map<string, Entry>()
  readonly #store: Pick<Store, 'findProject'>
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #limits: Limits

  constructor(deps: {
    store: Pick<Store, 'findProject'>
    clock: Pick<Clock, 'monotonicMs'>
    limits: Limits
  }) {
    this.#store = deps.store
    this.#clock = deps.clock
    this.#limits = deps.limits
  }

  /**
   * Counts one request of a project.
   * @returns 0 when it may go on, else the milliseconds until one may; Infinity when none ever may
   */
  take(projectId: string, act: LimitedAct): Awaitable<number> {
    const nowMs = this.#clock.monotonicMs()
    return whenThere(this.#entryOf(projectId, nowMs), ({ limits, creates, reads }) => {
      const perMinute = act === 'create' ? limits.createsPerMinute : limits.readsPerMinute
      return perMinute === null ? 0 : (act === 'create' ? creates : reads).take(perMinute, nowMs)
    })
  }

  /** The limits in force: the project's own over the gateway's. At most five seconds old. */
  async limitsOf(projectId: string): Promise<Limits> {
    return (await this.#entryOf(projectId, this.#clock.monotonicMs())).limits
  }

  /** The project was changed here: its limits are read again at its next request. What was drawn stays drawn. */
  reread(projectId: string): void {
    const entry = this.#entries.get(projectId)
    if (entry !== undefined) entry.readAtMs = -Infinity
  }

  #entryOf(projectId: string, nowMs: number): Awaitable<Entry> {
    const known = this.#entries.get(projectId)
    if (known !== undefined && nowMs - known.readAtMs < REREAD_MS) return known
    return whenThere(this.#store.findProject(projectId), (project) => {
      const limits = { ...this.#limits, ...project?.limits }
      // Asked for again: another request may have been answered meanwhile, and what was drawn stays drawn.
      const current = this.#entries.get(projectId)
      if (current !== undefined) return Object.assign(current, { limits, readAtMs: nowMs })
      const entry = { limits, readAtMs: nowMs, creates: new LimitBucket(), reads: new LimitBucket() }
      this.#entries.set(projectId, entry)
      return entry
    })
  }
}
