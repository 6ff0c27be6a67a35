/**
 * What stands between one simulated process and the world: everything that it waits for comes through. A frozen process
 * (SIGSTOP) hears it later, all in its order; a killed one never.
 */
export class Gate {
  #state: 'open' | 'frozen' | 'dead' = 'open'
  #held: (() => void)[] = []
  readonly #atDeath: (() => void)[] = []

  get isOpen(): boolean {
    return this.#state === 'open'
  }

  get isFrozen(): boolean {
    return this.#state === 'frozen'
  }

  get isDead(): boolean {
    return this.#state === 'dead'
  }

  freeze(): void {
    if (this.#state === 'open') this.#state = 'frozen'
  }

  thaw(): void {
    if (this.#state !== 'frozen') return
    this.#state = 'open'
    for (const step of this.#held.splice(0)) this.run(step)
  }

  kill(): void {
    this.#state = 'dead'
    this.#held = []
    for (const end of this.#atDeath.splice(0)) end()
  }

  atDeath(end: () => void): void {
    this.#atDeath.push(end)
  }

  /** Something of the process goes on: now, once it is thawed, or never. */
  run(step: () => void): void {
    if (this.#state === 'open') step()
    else if (this.#state === 'frozen') this.#held.push(step)
  }

  /** What came of something outside, as the process hears of it. */
  through<T>(outside: Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const hear = async (): Promise<void> => {
      try {
        const value = await outside
        this.run(() => resolve(value))
      } catch (error) {
        this.run(() => reject(error))
      }
    }
    void hear()
    return promise
  }
}
