import type { Store } from '../store/store.ts'

/** Aborts as soon as a cancel of this task is stored while it is being worked on. */
export function watchCancel(store: Store, taskId: string): Disposable & { signal: AbortSignal } {
  const wished = new AbortController()
  const look = (): void => {
    if (store.loadTask(taskId)?.cancelRequestedAtMs != null) wished.abort(new Error('the task was cancelled'))
  }
  const unsubscribe = store.onChange((changed) => {
    if (changed === taskId) look()
  })
  look()
  return { signal: wished.signal, [Symbol.dispose]: unsubscribe }
}
