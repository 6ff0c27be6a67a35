/** What may be removed next, and how long it had to be kept. */
export type PurgeQuery = {
  /** Since the end of a task. */
  keptMs: number
  /** Tasks. */
  limit: number
}

export type TaskPurge = {
  taskIds: readonly string[]
  keptMs: number
  /** Of one transaction, over all tables. */
  rowsMax: number
}

export type PurgedTasks = {
  /** Of these nothing is left. */
  taskIds: readonly string[]
  rows: number
}

export type LogPurge = {
  /** Null: logs are kept. What can no longer be asked for goes all the same. */
  keptMs: number | null
  rowsMax: number
}

/**
 * What is removed because its time is over. Each verb checks by itself what it may remove, so that it does not matter who
 * calls it, or how often.
 */
export interface RetentionStore {
  /**
   * Makes a process the one that does a duty which one of them is enough for. False while another one has it. It spares
   * work, and nothing depends on it.
   */
  takeDuty(duty: { name: string; owner: string; leaseMs: number }): Promise<boolean>
  /**
   * Lets videos expire now that were to be kept for good but whose records may go. Their links stop working before the first
   * file is removed. Answers how many.
   */
  expireWithRecords(query: PurgeQuery): Promise<number>
  /** Completed tasks whose files have expired and are not known to be removed; the longest expired first. */
  expiredTasks(limit: number): Promise<readonly string[]>
  /** The files of these are gone: their rows go too, and the timelines tell it. Answers of how many that was news. */
  recordFilesRemoved(taskIds: readonly string[]): Promise<number>
  /**
   * Ended tasks of which everything may go; the longest ended first. Not those whose files have not expired, whose upstream
   * job is still watched, or that somebody has yet to be told of.
   */
  purgeableTasks(query: PurgeQuery): Promise<readonly string[]>
  /**
   * Removes every row of these tasks, as many as one transaction may. What does not fit is hidden, and removed by the next
   * call. An `Idempotency-Key` stays for its time: its repetition finds no video, and makes none.
   */
  purgeTasks(purge: TaskPurge): Promise<PurgedTasks>
  /** Removes what has only been kept to be looked up, oldest first. Answers how many rows. */
  purgeLogs(purge: LogPurge): Promise<number>
}
