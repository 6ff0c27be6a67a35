/** Counts what is being worked on, and tells when nothing is. */
export interface Activity {
  /** Call the answer once, when the work is over or pauses. */
  begin(): () => void
  run<T>(work: () => Promise<T>): Promise<T>
  /** Resolves at once when nothing is going on. */
  idle(): Promise<void>
}

export function createActivity(): Activity {
  let count = 0
  let waiting: (() => void)[] = []
  const begin = (): (() => void) => {
    count += 1
    let isOver = false
    return () => {
      if (isOver) return
      isOver = true
      count -= 1
      if (count > 0) return
      const ready = waiting
      waiting = []
      for (const resolve of ready) resolve()
    }
  }
  return {
    begin,
    run: async (work) => {
      const end = begin()
      try {
        return await work()
      } finally {
        end()
      }
    },
    idle: () => (count === 0 ? Promise.resolve() : new Promise((resolve) => void waiting.push(resolve))),
  }
}
