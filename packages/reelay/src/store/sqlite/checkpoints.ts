import { once } from 'node:events'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import type { Clock } from '../../system/clock.ts'

/**
 * Pages in the log that are moved, four megabytes. The more at a time, the fewer are written twice, and the longer the disk is busy with
 * it: with four times as many the slowest of a hundred callbacks took longer.
 */
const PAGES = 1_000
/**
 * Pages with which a log has to begin again, 32 MiB. It does when all of it is moved, and while others write without a pause the thread
 * never gets that far: the few that came meanwhile are moved by whoever writes.
 */
const LONG_PAGES = 8_192
const LOOK_EVERY_MS = 100
/** What the thread needs for itself; its database is outside of that. */
const LIMITS = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 2 } as const

/**
 * Moves the log to the database file in a thread of its own, so that no write waits until it is on the
 * disk. The thread is started when there is so much for the first time.
 */
export class Checkpoints {
  readonly #path: string
  readonly #clock: Clock
  readonly #database: DatabaseSync
  readonly #log: StatementSync
  #lookedAtMs = -Infinity
  #thread: Worker | undefined
  #asked: PromiseWithResolvers<void> | undefined
  /** The thread has come to the end of what it was asked for. */
  #isMoved = false

  /** @param database the connection that writes */
  constructor(path: string, database: DatabaseSync, clock: Clock) {
    this.#path = path
    this.#clock = clock
    this.#log = database.prepare('pragma wal_checkpoint(noop)')
    this.#database = database
  }

  /** Is told of writes, after each. */
  wrote(): void {
    if (this.#asked !== undefined) return
    const nowMs = this.#clock.monotonicMs()
    if (!this.#isMoved && nowMs - this.#lookedAtMs < LOOK_EVERY_MS) return
    this.#lookedAtMs = nowMs
    const { log, checkpointed } = this.#log.get() ?? {}
    const isMoved = this.#isMoved
    this.#isMoved = false
    if (isMoved && Number(log) >= LONG_PAGES) this.#finish()
    else if (Number(log) - Number(checkpointed) >= PAGES) this.#ask()
  }

  #finish(): void {
    try {
      this.#database.exec('pragma wal_checkpoint(passive)')
    } catch {
      // Whoever writes next is told what is wrong with the disk.
    }
  }

  #ask(): void {
    this.#asked = Promise.withResolvers()
    const thread = (this.#thread ??= this.#start())
    // Whoever waits for the write is answered before: the thread and the disk are busy for some milliseconds.
    setImmediate(() => thread.postMessage('checkpoint', []))
  }

  #start(): Worker {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    const file = new URL(`./checkpoint-thread.${extension}`, import.meta.url)
    const thread = new Worker(file, { workerData: this.#path, resourceLimits: LIMITS })
    thread.unref()
    thread.on('message', () => {
      this.#asked?.resolve()
      this.#asked = undefined
      this.#isMoved = true
    })
    // It is not asked again. The connection that writes does it after all, once the log is much longer (open-database.ts).
    thread.on('error', () => undefined)
    return thread
  }

  /** Resolves when the thread has nothing to do. */
  async idle(): Promise<void> {
    await this.#asked?.promise
  }

  /** Before the connection that writes is closed: the last one to close ends the log. */
  async close(): Promise<void> {
    if (this.#thread === undefined || this.#thread.threadId === -1) return
    const ended = once(this.#thread, 'exit')
    const thread = this.#thread
    thread.ref()
    // Behind what it was asked for.
    setImmediate(() => thread.postMessage('end', []))
    await ended
  }
}
