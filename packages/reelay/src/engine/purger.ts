import type { Files } from '../files/files.ts'
import { inputFolder, outputFolder } from '../files/storage-key.ts'
import type { RetentionStore } from '../store/retention-store.ts'
import type { Clock } from '../system/clock.ts'
import type { Random } from '../system/ids.ts'
import type { Log } from '../system/log.ts'
import type { Retention } from '../task/retention.ts'
import type { EngineContext } from './context.ts'
import { Rounds } from './rounds.ts'

const HOUR_MS = 3_600_000
const INTERVAL_MS = 5 * 60_000
const FIRST_MS_MAX = 60_000
/** A process that looks at each interval keeps the duty; one that died loses it after three. */
const DUTY_MS = 3 * INTERVAL_MS
const BETWEEN_BATCHES_MS = 1_000
/** Whose files are removed one after the other, before their rows. */
const VIDEOS_PER_BATCH = 50
/** As many as one transaction usually has room for. */
const TASKS_PER_BATCH = 10
const ROWS_PER_BATCH = 200
/** Others have to write too: at 200 rows each, enough for the records of 100,000 tasks a day. */
const BATCHES_PER_HOUR = 600
/** Tasks of one kind whose files cannot be removed: with so many, the storage is asked again at the next interval only. */
const STUCK_MAX = 200

export type PurgeDeps = {
  store: { retention: RetentionStore }
  files: Pick<Files, 'removeFolder'>
  clock: Clock
  random: Random
  log: Log
  /** Names this process to the others. */
  owner: string
  retention: Retention
  checkpoint: EngineContext['checkpoint']
}

type Removed = { videos: number; tasks: number; rows: number }

/** One batch of a kind. Answers whether there may be more. */
type Batch = (stuck: Set<string>, removed: Removed) => Promise<boolean>

/**
 * Removes what has been kept for its time: files first, then the rows that name them, so that a crash leaves a row without a
 * file, which is found again, and never a file without a row. One process does it, a little at a time.
 */
export class Purger {
  readonly #deps: PurgeDeps
  readonly #stop = new AbortController()
  readonly #rounds: Rounds
  #hour = { endsAtMs: 0, batches: 0 }

  constructor(deps: PurgeDeps) {
    this.#deps = deps
    this.#rounds = new Rounds({
      clock: deps.clock,
      random: deps.random,
      firstMsMax: FIRST_MS_MAX,
      intervalMs: INTERVAL_MS,
      go: () => this.pass(),
      failed: (err) =>
        deps.log.warn({ err }, 'what was kept for its time was not removed: it is tried again in minutes'),
      stopping: this.#stop,
    })
  }

  start(): void {
    this.#rounds.start()
  }

  stop(): Promise<void> {
    return this.#rounds.stop()
  }

  /** Removes all that is due, or as much as this hour still has room for. */
  async pass(): Promise<void> {
    const removed: Removed = { videos: 0, tasks: 0, rows: 0 }
    try {
      for (const batch of this.#kinds()) {
        if (!(await this.#finish(batch, removed))) return
      }
    } finally {
      if (removed.videos + removed.tasks + removed.rows > 0)
        this.#deps.log.info(removed, 'what was kept for its time was removed')
    }
  }

  #kinds(): readonly Batch[] {
    const { store, retention } = this.#deps
    const { recordsMs, logsMs } = retention
    const ofLogs: Batch = async (_stuck, removed) => {
      const rows = await store.retention.purgeLogs({ keptMs: logsMs, rowsMax: ROWS_PER_BATCH })
      removed.rows += rows
      return rows >= ROWS_PER_BATCH
    }
    if (recordsMs === null) return [(stuck, removed) => this.#expired(stuck, removed), ofLogs]
    return [
      async () => {
        const expired = await store.retention.expireWithRecords({ keptMs: recordsMs, limit: ROWS_PER_BATCH })
        return expired >= ROWS_PER_BATCH
      },
      (stuck, removed) => this.#expired(stuck, removed),
      (stuck, removed) => this.#ended(recordsMs, stuck, removed),
      ofLogs,
    ]
  }

  /** False when this pass is over: another process does it, the hour has no room left, or this process stops. */
  async #finish(batch: Batch, removed: Removed): Promise<boolean> {
    const { store, clock, owner } = this.#deps
    const stuck = new Set<string>()
    for (;;) {
      const isMine = await store.retention.takeDuty({ name: 'purge', owner, leaseMs: DUTY_MS })
      if (!isMine || this.#stop.signal.aborted || !this.#hasRoom()) return false
      if (!(await batch(stuck, removed))) return true
      await clock.sleep(BETWEEN_BATCHES_MS, this.#stop.signal)
    }
  }

  #hasRoom(): boolean {
    const nowMs = this.#deps.clock.monotonicMs()
    if (nowMs >= this.#hour.endsAtMs) this.#hour = { endsAtMs: nowMs + HOUR_MS, batches: 0 }
    this.#hour.batches += 1
    return this.#hour.batches <= BATCHES_PER_HOUR
  }

  /** Files of completed videos whose time is over. The task stays, and tells when they went. */
  async #expired(stuck: Set<string>, removed: Removed): Promise<boolean> {
    const { retention } = this.#deps.store
    const found = await retention.expiredTasks(VIDEOS_PER_BATCH + stuck.size)
    const stuckBefore = stuck.size
    const gone = await this.#removeFiles(found, stuck, 'purge.expired')
    const recorded = await retention.recordFilesRemoved(gone)
    removed.videos += recorded
    // Without progress nothing would change by asking again.
    return (recorded > 0 || stuck.size > stuckBefore) && stuck.size < STUCK_MAX
  }

  /** Whatever is left of tasks whose records need not be kept. */
  async #ended(keptMs: number, stuck: Set<string>, removed: Removed): Promise<boolean> {
    const { retention } = this.#deps.store
    const found = await retention.purgeableTasks({ keptMs, limit: TASKS_PER_BATCH + stuck.size })
    const stuckBefore = stuck.size
    const taskIds = await this.#removeFiles(found, stuck, 'purge.ended')
    const purged = await retention.purgeTasks({ taskIds, keptMs, rowsMax: ROWS_PER_BATCH })
    removed.tasks += purged.taskIds.length
    removed.rows += purged.rows
    return (purged.rows > 0 || stuck.size > stuckBefore) && stuck.size < STUCK_MAX
  }

  /** Answers of which tasks no file is left. One whose files resist keeps its rows, and nobody waits for it. */
  async #removeFiles(
    taskIds: readonly string[],
    stuck: Set<string>,
    point: 'purge.expired' | 'purge.ended',
  ): Promise<readonly string[]> {
    const { files, log, checkpoint } = this.#deps
    const gone: string[] = []
    for (const id of taskIds) {
      if (stuck.has(id) || this.#stop.signal.aborted) continue
      try {
        await files.removeFolder(outputFolder(id))
        await files.removeFolder(inputFolder(id))
        gone.push(id)
      } catch (error) {
        stuck.add(id)
        log.warn({ err: error, task: id }, 'files whose time is over could not be removed: tried again later')
      }
    }
    const [first] = gone
    if (first !== undefined) await checkpoint(point, first)
    return gone
  }
}
