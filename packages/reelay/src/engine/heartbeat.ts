import type { Instance, Store } from '../store/store.ts'
import type { Clock } from '../system/clock.ts'
import type { Log } from '../system/log.ts'
import { messageOf } from './message-of.ts'

const INTERVAL_MS = 10_000

/** A process that was not heard of for so long is gone, or cut off. */
export const SILENT_MS: number = 3 * INTERVAL_MS

export type HeartbeatOptions = {
  store: Pick<Store, 'beat' | 'leave'>
  clock: Clock
  log: Log
  instance: Omit<Instance, 'seenAtMs'>
}

/** Lets operators see which processes live. Nothing depends on it: who may do what is for leases and fences to say. */
export class Heartbeat {
  readonly #options: HeartbeatOptions
  readonly #stopping = new AbortController()
  #beating: Promise<void> = Promise.resolve()

  constructor(options: HeartbeatOptions) {
    this.#options = options
  }

  start(): void {
    this.#beating = this.#beat()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#beating
    const { store, instance } = this.#options
    await store.leave(instance.id).catch(() => undefined)
  }

  async #beat(): Promise<void> {
    const { store, clock, log, instance } = this.#options
    let isSilent = false
    while (!this.#stopping.signal.aborted) {
      try {
        await store.beat(instance)
        isSilent = false
      } catch (error) {
        if (!isSilent) log.warn({ reason: messageOf(error) }, 'others cannot see that this process lives')
        isSilent = true
      }
      await clock.sleep(INTERVAL_MS, this.#stopping.signal)
    }
  }
}
