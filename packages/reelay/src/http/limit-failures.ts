import type { Clock } from '../system/clock.ts'
import { LimitBucket } from './limit-bucket.ts'

const FAILURES_PER_MINUTE = 60
/** Addresses that are remembered; the one that failed the longest ago gives way. */
const ADDRESSES_MAX = 10_000

/** How often each address may fail to name a key. Whoever names one is not asked. */
export class FailureLimiter {
  /** In the order of the last failure, the oldest first. */
  readonly #buckets = new Map<string, LimitBucket>()
  readonly #clock: Pick<Clock, 'monotonicMs'>

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock
  }

  /** How many addresses are remembered. */
  get size(): number {
    return this.#buckets.size
  }

  /**
   * Counts one failure.
   * @returns 0 when it may be answered as what it is, else the milliseconds until one may
   */
  take(address: string): number {
    const bucket = this.#buckets.get(address) ?? new LimitBucket()
    this.#buckets.delete(address)
    this.#buckets.set(address, bucket)
    const [oldest] = this.#buckets.keys()
    if (this.#buckets.size > ADDRESSES_MAX && oldest !== undefined) this.#buckets.delete(oldest)
    return bucket.take(FAILURES_PER_MINUTE, this.#clock.monotonicMs())
  }
}
