type Waiter = { byMs: number; count: number; serve: () => void }

/**
 * A bound on how many do something at a time, or on how much of something is in use. The waiter whose time is up first is served
 * first; of equals, the first. Nobody is served before one who came to wait and wants more.
 */
export class Slots {
  #free: number
  /** In the order in which they are served. */
  readonly #waiting: Waiter[] = []

  constructor(countMax: number) {
    this.#free = countMax
  }

  /** How many wait now. */
  get waiting(): number {
    return this.#waiting.length
  }

  /**
   * Waits for slots; dispose them to give them back. Throws the signal's reason when it aborts first.
   * @param byMs when it will be too late, in epoch milliseconds
   * @param count at most as many as there are
   */
  async take(signal: AbortSignal, byMs: number = Infinity, count: number = 1): Promise<Disposable> {
    signal.throwIfAborted()
    const slots = this.tryTake(count)
    if (slots !== undefined) return slots
    await this.#queue(signal, byMs, count)
    return this.#taken(count)
  }

  /** Undefined when they are not free, or others wait. */
  tryTake(count: number = 1): Disposable | undefined {
    if (this.#waiting.length > 0 || this.#free < count) return undefined
    this.#free -= count
    return this.#taken(count)
  }

  #taken(count: number): Disposable {
    return { [Symbol.dispose]: () => this.#give(count) }
  }

  #queue(signal: AbortSignal, byMs: number, count: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const serve = (): void => {
        signal.removeEventListener('abort', leave)
        resolve()
      }
      const waiter: Waiter = { byMs, count, serve }
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1)
        reject(new Error('the wait for a slot was ended', { cause: signal.reason }))
        this.#serve()
      }
      const later = this.#waiting.findIndex((other) => other.byMs > byMs)
      this.#waiting.splice(later === -1 ? this.#waiting.length : later, 0, waiter)
      signal.addEventListener('abort', leave, { once: true })
    })
  }

  #give(count: number): void {
    this.#free += count
    this.#serve()
  }

  #serve(): void {
    for (
      let next = this.#waiting[0];
      next !== undefined && next.count <= this.#free;
      next = this.#waiting[0]
    ) {
      this.#waiting.shift()
      this.#free -= next.count
      next.serve()
    }
  }
}
