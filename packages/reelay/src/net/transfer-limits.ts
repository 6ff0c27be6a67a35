import type { Clock } from '../system/clock.ts'

/** Called while the reader waits for the peer, and as soon as it no longer does. */
export type IdleWatch = { waiting(): void; received(): void }

/**
 * The time limits of one transfer, on the injected clock. The first limit that passes ends it; an ended
 * transfer has no timer left.
 */
export class TransferLimits {
  readonly #clock: Clock
  readonly #timers = new Set<AbortController>()
  readonly #endings: (() => void)[] = []
  readonly #failed: PromiseWithResolvers<never> = Promise.withResolvers<never>()
  #ended = false
  #failure: Error | undefined

  constructor(clock: Clock) {
    this.#clock = clock
    this.#failed.promise.catch(() => {})
  }

  /** Why the transfer ended early; undefined while it runs and after a regular end. */
  get failure(): Error | undefined {
    return this.#failure
  }

  /** Ends the transfer, with `failure` when it did not come to its end. Only the first call counts. */
  end(failure?: Error): void {
    if (this.#ended) return
    this.#ended = true
    this.#failure = failure
    for (const timer of this.#timers) timer.abort()
    for (const ending of this.#endings) ending()
    if (failure !== undefined) this.#failed.reject(failure)
  }

  /** Runs `ending` when the transfer ends, at once when it has ended. */
  onEnd(ending: () => void): void {
    if (this.#ended) ending()
    else this.#endings.push(ending)
  }

  /** `work`, or the failure that ends the transfer before it is done. */
  async race<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#failed.promise])
  }

  /** Ends the transfer after `ms` unless the returned function is called before. */
  after(ms: number, failure: () => Error): () => void {
    const timer = this.#timer()
    const watch = async (): Promise<void> => {
      await this.#clock.sleep(ms, timer.signal)
      if (!timer.signal.aborted) this.end(failure())
    }
    void watch()
    return () => {
      timer.abort()
      this.#timers.delete(timer)
    }
  }

  /**
   * Ends the transfer once its reader has waited for the peer for `idleMs` at a stretch. A slow reader is
   * not idle.
   */
  whenIdle(idleMs: number, failure: () => Error): IdleWatch {
    const timer = this.#timer()
    let sinceMs: number | undefined
    const watch = async (): Promise<void> => {
      let sleepMs = idleMs
      // One timer per idle period, not one per chunk. It ends with the transfer, which `after` bounds.
      while (!timer.signal.aborted) {
        await this.#clock.sleep(sleepMs, timer.signal)
        if (timer.signal.aborted) return
        const idleForMs = sinceMs === undefined ? 0 : this.#clock.monotonicMs() - sinceMs
        if (idleForMs >= idleMs) return this.end(failure())
        sleepMs = idleMs - idleForMs
      }
    }
    void watch()
    return {
      waiting: () => {
        sinceMs = this.#clock.monotonicMs()
      },
      received: () => {
        sinceMs = undefined
      },
    }
  }

  #timer(): AbortController {
    const timer = new AbortController()
    this.#timers.add(timer)
    if (this.#ended) timer.abort()
    return timer
  }
}
