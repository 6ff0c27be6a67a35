import type { Transaction } from './transaction.ts'

/** Runs verbs, each all or nothing. A promise resolves once what the verb wrote is durable. */
export interface Writer {
  /** @throws StoreUnavailable when the database cannot store anything now */
  write<T>(run: (transaction: Transaction) => Promise<T>): Promise<T>
  /**
   * The same for what may be lost when the machine loses its power just after, though not when the process dies: others see
   * it at once, and nobody waits for the disk.
   * @throws StoreUnavailable
   */
  writeSoon<T>(run: (transaction: Transaction) => Promise<T>): Promise<T>
  /** Finishes what was begun; later writes are refused. */
  close(): Promise<void>
}
