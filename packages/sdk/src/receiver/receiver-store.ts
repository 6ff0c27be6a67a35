type Awaitable<T> = T | Promise<T>

/** A callback as it arrived. */
export type StoredCallback = {
  /** Names it once and for all: a repetition has the same key. */
  key: string
  taskId: string | null
  /** The `webhook-id` of a verified one; null for an unsigned one. */
  webhookId: string | null
  body: Uint8Array
  receivedAtMs: number
}

/**
 * What `add` found: nothing with the key, so that it was added; one with the key that is still to be dealt with,
 * or dealt with; or too many others.
 */
export type AddedCallback = 'added' | 'unfinished' | 'finished' | 'full'

export type CallbackReference = Pick<StoredCallback, 'key' | 'taskId' | 'webhookId'>

/** What is known of one task, so that the application sees each of its events once. */
export type TaskRecord = {
  taskId: string
  /** Types of the events that the application has handled. */
  shown: readonly string[]
  /** The highest sequence among them; 0 when there is none. */
  sequence: number
  /** The application has handled the terminal event: nothing more will be shown. */
  ended: boolean
  updatedAtMs: number
}

/**
 * Where a receiver keeps callbacks and what became of them. Every write must be durable when its promise
 * resolves: the sender is told so. Failures may reject with anything; the receiver reports them. One receiver
 * at a time works on a store; with more, the application may see an event more than once.
 */
export interface ReceiverStore {
  /**
   * Adds a callback unless one with its key is there, in one atomic step. One that is there and not finished
   * takes the newer body and time: a link in the older one may have expired. `full` when the task (or null, for
   * the callbacks that name none) already has `callbacksMax` of them; a repetition is never `full`.
   */
  add(callback: StoredCallback, callbacksMax: number): Awaitable<AddedCallback>
  callback(key: string): Awaitable<StoredCallback | null>
  /** Marks a callback as dealt with. It stays, so that a repetition is recognised. */
  finish(key: string): Awaitable<void>
  /** Callbacks that are not finished, oldest first. */
  unfinished(limit: number): Awaitable<readonly CallbackReference[]>
  task(taskId: string): Awaitable<TaskRecord | null>
  /** Inserts or replaces; whether the task is followed stays as it was. */
  saveTask(record: TaskRecord): Awaitable<void>
  /** Whether the task is polled until it ends. Inserts the task when it is not there, in one atomic step. */
  setFollowed(taskId: string, followed: boolean, nowMs: number): Awaitable<void>
  /** Tasks that are followed and have not ended, longest untouched first. */
  followed(limit: number): Awaitable<readonly string[]>
  /**
   * Forgets finished callbacks received before, and tasks last touched before, this time: a repetition that is
   * older than that would be taken for new.
   */
  prune(beforeMs: number): Awaitable<void>
}

export const newTaskRecord = (taskId: string, updatedAtMs: number): TaskRecord => ({
  taskId,
  shown: [],
  sequence: 0,
  ended: false,
  updatedAtMs,
})
