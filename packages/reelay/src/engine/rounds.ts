import type { Clock } from '../system/clock.ts'
import type { Random } from '../system/ids.ts'

/** How long a stop waits for a round that is under way. */
const STOP_MS_MAX = 2_000

export type RoundsOptions = {
  clock: Clock
  random: Random
  /** The first comes within this time, so that processes that start together do not go round together. */
  firstMsMax: number
  /** Between two rounds, give or take a quarter. */
  intervalMs: number
  /** One round; it ends early once the signal is aborted. */
  go: () => Promise<void>
  /** A round failed; the next one comes at its time. */
  failed: (error: unknown) => void
  /** Aborted by `stop`. */
  stopping: AbortController
}

/** Work that is done now and then, as long as the process lives. */
export class Rounds {
  readonly #options: RoundsOptions
  #running: Promise<void> = Promise.resolve()

  constructor(options: RoundsOptions) {
    this.#options = options
  }

  start(): void {
    this.#running = this.#run()
  }

  /** What is asked of storage and database at that moment is not waited for longer than a stop may take. */
  async stop(): Promise<void> {
    const { clock, stopping } = this.#options
    stopping.abort()
    const ended = new AbortController()
    await Promise.race([this.#running, clock.sleep(STOP_MS_MAX, ended.signal)])
    ended.abort()
  }

  async #run(): Promise<void> {
    const { clock, random, firstMsMax, intervalMs, go, failed, stopping } = this.#options
    await clock.sleep(random() * firstMsMax, stopping.signal)
    while (!stopping.signal.aborted) {
      try {
        await go()
      } catch (error) {
        if (stopping.signal.aborted) return
        failed(error)
      }
      await clock.sleep(intervalMs * (0.75 + random() / 2), stopping.signal)
    }
  }
}
