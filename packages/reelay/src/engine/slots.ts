/** A bound on how many do something at a time. Waiters are served in order. */
export class Slots {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(countMax: number) {
    this.#free = countMax
  }

  /** How many wait for a slot now. */
  get waiting(): number {
    return this.#waiting.length
  }

  /** Waits for a slot; dispose it to give it back. Throws the signal's reason when it aborts first. */
  async take(signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted()
    if (this.#free > 0) this.#free -= 1
    else await this.#queue(signal)
    return { [Symbol.dispose]: () => this.#give() }
  }

  #queue(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const serve = (): void => {
        signal.removeEventListener('abort', leave)
        resolve()
      }
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(serve), 1)
        reject(new Error('the wait for a slot was ended', { cause: signal.reason }))
      }
      this.#waiting.push(serve)
      signal.addEventListener('abort', leave, { once: true })
    })
  }

  #give(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free += 1
    else next()
  }
}
