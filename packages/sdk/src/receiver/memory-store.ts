import { newTaskRecord, type ReceiverStore, type StoredCallback, type TaskRecord } from './receiver-store.ts'

type Entry = { callback: StoredCallback; finished: boolean }
type Task = { record: TaskRecord; followed: boolean }

/** So that a process that never restarts does not fill its memory: beyond it the oldest finished go. */
const CALLBACKS_MAX_DEFAULT = 10_000

/**
 * A store that forgets everything when the process ends. For development, and for consumers that poll after a
 * restart anyway.
 * @throws Error from `add` when `callbacksMax` callbacks are unfinished; the sender then gets 503 and tries again
 */
export function createMemoryStore(options: { callbacksMax?: number | undefined } = {}): ReceiverStore {
  const callbacksMax = options.callbacksMax ?? CALLBACKS_MAX_DEFAULT
  const callbacks = new Map<string, Entry>()
  const tasks = new Map<string, Task>()
  const countOf = (taskId: string | null): number =>
    [...callbacks.values()].filter(({ callback }) => callback.taskId === taskId).length
  const putTask = (record: TaskRecord, followed: boolean): void => {
    // Taken out first, so that the map stays in the order of the last touch.
    tasks.delete(record.taskId)
    tasks.set(record.taskId, { record, followed })
  }
  return {
    add: (callback, perTaskMax) => {
      const known = callbacks.get(callback.key)
      if (known?.finished === true) return 'finished'
      if (known !== undefined) {
        // Taken out first, so that the map stays in the order of arrival.
        callbacks.delete(callback.key)
        const { body, receivedAtMs } = callback
        callbacks.set(callback.key, { callback: { ...known.callback, body, receivedAtMs }, finished: false })
        return 'unfinished'
      }
      if (perTaskMax !== Infinity && countOf(callback.taskId) >= perTaskMax) return 'full'
      if (callbacks.size >= callbacksMax) dropOldestFinished(callbacks)
      callbacks.set(callback.key, { callback, finished: false })
      return 'added'
    },
    callback: (key) => callbacks.get(key)?.callback ?? null,
    finish: (key) => {
      const entry = callbacks.get(key)
      if (entry !== undefined) entry.finished = true
    },
    unfinished: (limit) =>
      [...callbacks.values()]
        .filter(({ finished }) => !finished)
        .slice(0, limit)
        .map(({ callback: { key, taskId, webhookId } }) => ({ key, taskId, webhookId })),
    task: (taskId) => tasks.get(taskId)?.record ?? null,
    saveTask: (record) => putTask(record, tasks.get(record.taskId)?.followed ?? false),
    setFollowed: (taskId, followed, nowMs) =>
      putTask(
        { ...(tasks.get(taskId)?.record ?? newTaskRecord(taskId, nowMs)), updatedAtMs: nowMs },
        followed,
      ),
    followed: (limit) =>
      [...tasks.values()]
        .filter(({ followed, record }) => followed && !record.ended)
        .slice(0, limit)
        .map(({ record }) => record.taskId),
    prune: (beforeMs) => {
      for (const [key, { callback, finished }] of callbacks) {
        if (finished && callback.receivedAtMs < beforeMs) callbacks.delete(key)
      }
      for (const [taskId, { record }] of tasks) {
        if (record.updatedAtMs < beforeMs) tasks.delete(taskId)
      }
    },
  }
}

function dropOldestFinished(callbacks: Map<string, Entry>): void {
  for (const [key, { finished }] of callbacks) {
    if (!finished) continue
    callbacks.delete(key)
    return
  }
  throw new Error(
    'The memory store is full of unfinished callbacks: use createSqliteStore, or raise callbacksMax',
  )
}
