import type { Replica } from '../replicas/fleet.ts'
import { pickOf } from './options.ts'

/** The processes that clients know of now. */
export class Targets implements Disposable {
  readonly #live: Replica[] = []
  #changed = Promise.withResolvers<void>()
  #isClosed = false

  get live(): readonly Replica[] {
    return this.#live
  }

  add(replica: Replica): void {
    this.#live.push(replica)
    this.#changed.resolve()
    this.#changed = Promise.withResolvers<void>()
  }

  remove(replica: Replica): void {
    const index = this.#live.indexOf(replica)
    if (index >= 0) this.#live.splice(index, 1)
  }

  /** Any of them, once there is one. @throws Error when the run is over */
  async pick(random: () => number): Promise<Replica> {
    while (this.#live.length === 0 && !this.#isClosed) await this.#changed.promise
    if (this.#isClosed) throw new Error('the run is over')
    return pickOf(this.#live, random)
  }

  [Symbol.dispose](): void {
    this.#isClosed = true
    this.#changed.resolve()
  }
}
