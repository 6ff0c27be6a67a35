import { inputFolder, outputFolder } from '../files/storage-key.ts'
import type { SharedFiles } from '../files/files.ts'
import type { Store } from '../store/store.ts'
import type { Clock } from '../system/clock.ts'
import type { Random } from '../system/ids.ts'
import type { Log } from '../system/log.ts'
import { isTerminal } from '../task/state.ts'
import { Rounds } from './rounds.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** An upload, or a file that waits for its commit, is far younger than this. */
const YOUNG_MS = DAY_MS
/** Longer than any task can live: a deadline of seven days, and a day more for its archive. */
const UNKNOWN_MS = 9 * DAY_MS
const BETWEEN_PAGES_MS = 2_000
/** Of one pass; the next one goes on where it ended. */
const PAGES_MAX = 2_000

export type SweepDeps = {
  files: Pick<SharedFiles, 'page' | 'endUploads' | 'claim' | 'remove'>
  store: Pick<Store, 'loadTask' | 'artifacts' | 'scheduledAccounts'>
  clock: Clock
  random: Random
  log: Log
  /** Of this gateway, the current one first: whose place it is. */
  ownerIds: readonly string[]
}

/**
 * Finds what crashes left in a storage that several processes share: files that no commit named, and uploads that nobody
 * finished. Slow on purpose, once a day at a time of its own in each process; what two processes find at the same time is
 * removed twice, which harms nothing.
 */
export class FileSweeper {
  readonly #deps: SweepDeps
  readonly #stop = new AbortController()
  readonly #rounds: Rounds
  #position: string | null = null

  constructor(deps: SweepDeps) {
    this.#deps = deps
    this.#rounds = new Rounds({
      clock: deps.clock,
      random: deps.random,
      firstMsMax: HOUR_MS,
      intervalMs: DAY_MS,
      go: () => this.pass(),
      failed: (err) =>
        deps.log.warn(
          { err },
          'the storage was not looked through for leftovers: it is tried again tomorrow',
        ),
      stopping: this.#stop,
    })
  }

  start(): void {
    this.#rounds.start()
  }

  stop(): Promise<void> {
    return this.#rounds.stop()
  }

  /** Looks at everything once, or at as much as a pass may. */
  async pass(): Promise<void> {
    const { files, store, clock, log, ownerIds } = this.#deps
    // Throws where the database was moved elsewhere: it knows none of the tasks that were made since.
    await store.scheduledAccounts()
    if (!(await files.claim(ownerIds))) {
      log.error(
        {},
        'the storage place belongs to another gateway, so nothing is cleaned up there: give each database a prefix of ' +
          'its own, or remove the file reelay-owner to hand the place over',
      )
      return
    }
    let removed = 0
    const uploads = await files.endUploads(clock.nowMs() - YOUNG_MS)
    for (let page = 0; page < PAGES_MAX && !this.#stop.signal.aborted; page += 1) {
      const { files: found, next } = await files.page(this.#position)
      for (const file of found) {
        if (this.#stop.signal.aborted) return
        if (await this.#removeOrphan(file)) removed += 1
      }
      this.#position = next
      if (next === null) break
      await clock.sleep(BETWEEN_PAGES_MS, this.#stop.signal)
    }
    if (removed + uploads > 0)
      log.info({ files: removed, uploads }, 'leftovers were removed from the storage')
  }

  async #removeOrphan({ key, modifiedAtMs }: { key: string; modifiedAtMs: number }): Promise<boolean> {
    const { files, log, clock } = this.#deps
    try {
      if (!(await this.#isOrphan(key, clock.nowMs() - modifiedAtMs))) return false
      await files.remove(key)
      return true
    } catch (error) {
      log.warn({ err: error, file: key }, 'a leftover file could not be judged or removed')
      return false
    }
  }

  /** Only what a task's end has made useless for good, or what no task can ever come for. */
  async #isOrphan(key: string, ageMs: number): Promise<boolean> {
    const { store } = this.#deps
    const [area = '', folder = '', name] = key.split('/')
    if (ageMs < YOUNG_MS || name === undefined) return false
    if (area === 'check') return true
    const isOutput = key.startsWith(`${outputFolder(folder)}/`)
    if (!isOutput && !key.startsWith(`${inputFolder(folder)}/`)) return false
    const task = await store.loadTask(folder)
    if (task === undefined) return ageMs >= UNKNOWN_MS
    // An archive under way removes by itself what earlier ones left.
    if (!isTerminal(task.state)) return false
    // After the task: its end and its rows were written together.
    const rows = await store.artifacts(folder)
    return !rows.some((row) => row.storageKey === key)
  }
}
