import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Purger, type PurgeDeps } from '../../src/engine/purger.ts'
import { openDiskFiles } from '../../src/files/disk-files.ts'
import type { Files } from '../../src/files/files.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { silentLog } from '../../src/system/log.ts'
import { TestClock } from '../../src/system/test-clock.ts'
import type { Retention } from '../../src/task/retention.ts'
import type { Task } from '../../src/task/task.ts'
import { RetentionSubject } from '../contract/store-retention-subject.ts'

export const HOUR_MS = 3_600_000
export const DAY_MS: number = 24 * HOUR_MS
export const KEPT: Retention = { filesMs: 7 * DAY_MS, recordsMs: 30 * DAY_MS, logsMs: 30 * DAY_MS }

/** A real database and real files that outlive a process, and a clock that the test owns. */
export class KeptGateway {
  readonly clock: TestClock = new TestClock()
  readonly #directory: string
  subject!: RetentionSubject
  files!: Files

  constructor(directory: string) {
    this.#directory = directory
  }

  static async open(): Promise<KeptGateway> {
    const kept = new KeptGateway(await mkdtemp(join(tmpdir(), 'reelay-retention-')))
    await kept.boot()
    return kept
  }

  async boot(files?: Files): Promise<void> {
    const path = join(this.#directory, 'reelay.db')
    const store = await openSqliteStore({ path, clock: this.clock })
    const tableRows = async (table: string) => {
      using reader = new DatabaseSync(path, { readOnly: true })
      return reader.prepare(`select * from ${table}`).all()
    }
    this.subject = new RetentionSubject(this.clock, store, tableRows)
    this.files = files ?? (await openDiskFiles(join(this.#directory, 'files')))
  }

  /** The process dies; the next one finds what it left. */
  async reboot(): Promise<void> {
    await this.subject.store.close()
    await this.boot()
  }

  /** A completed task with its files, kept for so long. */
  async completed(keptMs: number | null): Promise<Task> {
    const task = await this.subject.completed(keptMs)
    for (const { storageKey } of await this.subject.store.artifacts(task.id)) {
      const staged = await this.files.stage()
      await staged.write(
        (async function* () {
          yield Buffer.from('bytes')
        })(),
        100,
      )
      await staged.keep(storageKey)
    }
    return task
  }

  /** How many files and how many rows that name them there are of a task. */
  async filesOf({ id }: { id: string }): Promise<{ files: number; rows: number }> {
    const files = await this.files.names(`videos/${id}`)
    return { files: files.length, rows: (await this.subject.store.artifacts(id)).length }
  }

  purger(patch: Partial<PurgeDeps> = {}): Purger {
    return new Purger({
      store: this.subject.store,
      files: this.files,
      clock: this.clock,
      random: () => 0.5,
      log: silentLog,
      owner: 'w1',
      retention: KEPT,
      checkpoint: async () => {},
      ...patch,
    })
  }

  /** One whole pass, with the pauses between its batches. @throws what the pass throws */
  async purge(patch: Partial<PurgeDeps> = {}): Promise<void> {
    const over = this.purger(patch)
      .pass()
      .then(() => true)
    const isOver = (): Promise<boolean> => Promise.race([over, this.clock.untilSleeping().then(() => false)])
    while (!(await isOver())) this.clock.advance(1_000)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.subject.store.close()
    await rm(this.#directory, { recursive: true, force: true })
  }
}
