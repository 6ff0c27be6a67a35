/** A buffer that is on loan: dispose it to give it back. */
export type PartBuffer = Disposable & { readonly bytes: Uint8Array }

/** The memory that all uploads together may use, in buffers of one size. Who finds none waits, in order. */
export class PartBuffers {
  readonly sizeBytes: number
  readonly #countMax: number
  readonly #free: Uint8Array[] = []
  readonly #waiting: ((bytes: Uint8Array) => void)[] = []
  #made = 0

  constructor(sizeBytes: number, countMax: number) {
    this.sizeBytes = sizeBytes
    this.#countMax = countMax
  }

  /** Throws when the signal aborts first. */
  async take(signal: AbortSignal): Promise<PartBuffer> {
    signal.throwIfAborted()
    const bytes = this.#free.pop() ?? (this.#made < this.#countMax ? this.#make() : await this.#queue(signal))
    return { bytes, [Symbol.dispose]: () => this.#give(bytes) }
  }

  #make(): Uint8Array {
    this.#made += 1
    return Buffer.allocUnsafeSlow(this.sizeBytes)
  }

  #queue(signal: AbortSignal): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const serve = (bytes: Uint8Array): void => {
        signal.removeEventListener('abort', leave)
        resolve(bytes)
      }
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(serve), 1)
        reject(new Error('the wait for a part was ended', { cause: signal.reason }))
      }
      this.#waiting.push(serve)
      signal.addEventListener('abort', leave, { once: true })
    })
  }

  #give(bytes: Uint8Array): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free.push(bytes)
    else next(bytes)
  }
}
