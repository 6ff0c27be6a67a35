import type { ChangeKind, ChangeListener } from '../store.ts'

/** Tells this process what its writes, or those of another, changed. */
export class Announcer {
  readonly #listeners = new Set<ChangeListener>()
  readonly #dueListeners = new Set<() => void>()

  onChange(listener: ChangeListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  onDue(listener: () => void): () => void {
    this.#dueListeners.add(listener)
    return () => this.#dueListeners.delete(listener)
  }

  /** After a commit. */
  announce(changed: ReadonlyMap<string, ChangeKind>, outbox: { filled: boolean }): void {
    for (const [taskId, kind] of changed) {
      for (const listener of this.#listeners) tell(() => listener(taskId, kind))
    }
    if (outbox.filled) for (const listener of this.#dueListeners) tell(listener)
  }

  clear(): void {
    this.#listeners.clear()
    this.#dueListeners.clear()
  }
}

/** A listener that throws is a defect of its own: it must not leave writers without their answers. */
function tell(listener: () => void): void {
  try {
    listener()
  } catch (error) {
    process.nextTick(() => {
      throw error
    })
  }
}
