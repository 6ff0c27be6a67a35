import type { Kysely } from 'kysely'
import type * as Port from '../retention-store.ts'
import { takeDuty } from './duties.ts'
import { expiredTasks, expireWithRecords, recordFilesRemoved } from './expired-files.ts'
import { purgeLogs } from './purge-logs.ts'
import { purgeableTasks, purgeTasks } from './purge-tasks.ts'
import type { Tables } from './schema.ts'
import type { Writer } from './writer.ts'

type RetentionParts = { writer: Writer; reader: Kysely<Tables>; nowMs: () => number }

/** The `RetentionStore` port over the verbs, the same for every database. */
export class SqlRetention implements Port.RetentionStore {
  readonly #writer: Writer
  readonly #reader: Kysely<Tables>
  readonly #nowMs: () => number

  constructor({ writer, reader, nowMs }: RetentionParts) {
    this.#writer = writer
    this.#reader = reader
    this.#nowMs = nowMs
  }

  takeDuty(duty: { name: string; owner: string; leaseMs: number }): Promise<boolean> {
    return this.#writer.write((transaction) => takeDuty(transaction, duty))
  }

  expireWithRecords(query: Port.PurgeQuery): Promise<number> {
    return this.#writer.write((transaction) => expireWithRecords(transaction, query))
  }

  expiredTasks(limit: number): Promise<readonly string[]> {
    return expiredTasks(this.#reader, this.#nowMs(), limit)
  }

  recordFilesRemoved(taskIds: readonly string[]): Promise<number> {
    return this.#writer.write((transaction) => recordFilesRemoved(transaction, taskIds))
  }

  purgeableTasks(query: Port.PurgeQuery): Promise<readonly string[]> {
    return purgeableTasks(this.#reader, this.#nowMs(), query)
  }

  purgeTasks(purge: Port.TaskPurge): Promise<Port.PurgedTasks> {
    return this.#writer.write((transaction) => purgeTasks(transaction, purge))
  }

  purgeLogs(purge: Port.LogPurge): Promise<number> {
    return this.#writer.write((transaction) => purgeLogs(transaction, purge))
  }
}
