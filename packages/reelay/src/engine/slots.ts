type Waiter = { byMs: number; serve: () => void }

/** A bound on how many do something at a time. The waiter whose time is up first is served first; of equals, the first. */
export class Slots {
  #free: number
  /** In the order in which they are served. */
  readonly #waiting: Waiter[] = []

  constructor(countMax: number) {
    this.#free = countMax
  }

  /** How many wait for a slot now. */
  get waiting(): number {
    return this.#waiting.length
  }

  /**
   * Waits for a slot; dispose it to give it back. Throws the signal's reason when it aborts first.
   * @param byMs when it will be too late, in epoch milliseconds
   */
  async take(signal: AbortSignal, byMs: number = Infinity): Promise<Disposable> {
    signal.throwIfAborted()
    if (this.#free > 0) this.#free -= 1
    else await this.#queue(signal, byMs)
    return { [Symbol.dispose]: () => this.#give() }
  }

  #queue(signal: AbortSignal, byMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const serve = (): void => {
        signal.removeEventListener('abort', leave)
        resolve()
      }
      const waiter: Waiter = { byMs, serve }
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1)
        reject(new Error('the wait for a slot was ended', { cause: signal.reason }))
      }
      const later = this.#waiting.findIndex((other) => other.byMs > byMs)
      this.#waiting.splice(later === -1 ? this.#waiting.length : later, 0, waiter)
      signal.addEventListener('abort', leave, { once: true })
    })
  }

  #give(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free += 1
    else next.serve()
  }
}
