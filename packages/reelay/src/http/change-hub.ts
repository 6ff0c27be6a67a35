import type { Store } from '../store/store.ts'

/**
 * Who waits for which task. However many requests are held, the store has one listener, and a change costs only those
 * who wait for its task.
 */
export class ChangeHub {
  readonly #store: Pick<Store, 'onChange'>
  readonly #waiting = new Map<string, Set<() => void>>()
  #unsubscribe: (() => void) | undefined

  constructor(store: Pick<Store, 'onChange'>) {
    this.#store = store
  }

  /** Calls `wake` at every change of the task until the returned function is called. */
  watch(taskId: string, wake: () => void): () => void {
    this.#unsubscribe ??= this.#store.onChange((changed) => {
      for (const call of this.#waiting.get(changed) ?? []) call()
    })
    const waiting = this.#waiting.get(taskId) ?? new Set()
    this.#waiting.set(taskId, waiting.add(wake))
    return () => {
      waiting.delete(wake)
      if (waiting.size === 0 && this.#waiting.get(taskId) === waiting) this.#waiting.delete(taskId)
      if (this.#waiting.size > 0) return
      this.#unsubscribe?.()
      this.#unsubscribe = undefined
    }
  }

  /** How many tasks somebody waits for. */
  get size(): number {
    return this.#waiting.size
  }
}
