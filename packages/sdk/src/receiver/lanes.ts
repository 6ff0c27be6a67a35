/** Runs work one at a time per name, and at most so many at once in total. */
export interface Lanes {
  run<T>(name: string, work: () => Promise<T>): Promise<T>
}

export function createLanes(concurrencyMax: number): Lanes {
  const lastOfLane = new Map<string, Promise<unknown>>()
  const waiting: (() => void)[] = []
  let running = 0
  const takeSlot = async (): Promise<void> => {
    // A slot that is given back goes to the first who waits, without becoming free in between.
    if (running >= concurrencyMax) await new Promise<void>((resolve) => void waiting.push(resolve))
    else running += 1
  }
  const giveSlot = (): void => {
    const next = waiting.shift()
    if (next === undefined) running -= 1
    else next()
  }
  const inSlot = async <T>(work: () => Promise<T>): Promise<T> => {
    await takeSlot()
    try {
      return await work()
    } finally {
      giveSlot()
    }
  }
  return {
    // The lane first, then the slot: whoever holds a slot waits for nobody.
    run: (name, work) => {
      const previous = lastOfLane.get(name) ?? Promise.resolve()
      const mine = previous.then(() => inSlot(work))
      const leave = (): void => {
        if (lastOfLane.get(name) === settled) lastOfLane.delete(name)
      }
      const settled: Promise<void> = mine.then(leave, leave)
      lastOfLane.set(name, settled)
      return mine
    },
  }
}
