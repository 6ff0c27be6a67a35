import type { Store } from '../store/store.ts'

/** Aborts as soon as a cancel of this task is stored while it is being worked on. */
export function watchCancel(store: Store, taskId: string): Disposable & { signal: AbortSignal } {
  const wished = new AbortController()
  const look = async (): Promise<void> => {
    const task = await store.loadTask(taskId)
    if (task?.cancelRequestedAtMs != null) wished.abort(new Error('the task was cancelled'))
  }
  // A look that fails is made up for: what is done next with the task asks the same store.
  const lookSafely = (): void => void look().catch(() => undefined)
  const unsubscribe = store.onChange((changed) => {
    if (changed === taskId) lookSafely()
  })
  lookSafely()
  return { signal: wished.signal, [Symbol.dispose]: unsubscribe }
}
