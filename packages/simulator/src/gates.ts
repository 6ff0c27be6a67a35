/**
 * Moments of the conversation where a test can stop the simulator. `create`: the POST was read, nothing is
 * decided or written. `create-answer`: the POST is in the ledger, no byte of the answer has left. The others:
 * the request was read, nothing is decided.
 */
export const GATE_POINTS = [
  'create',
  'create-answer',
  'poll',
  'look',
  'content',
  'link',
  'cancel',
  'delete',
  'list',
  'other',
] as const

export type GatePoint = (typeof GATE_POINTS)[number]

/** A closed gate. */
export interface Hold {
  /** Resolves once `count` requests (1 unless told) have stopped here. */
  reached(count?: number): Promise<void>
  /** Lets everyone through, now and later. */
  release(): void
}

class Gate {
  readonly #opened = Promise.withResolvers<void>()
  #arrivals = 0
  #watchers: { count: number; resolve: () => void }[] = []

  pass(): Promise<void> {
    this.#arrivals += 1
    const ready = this.#watchers.filter((watcher) => watcher.count <= this.#arrivals)
    this.#watchers = this.#watchers.filter((watcher) => watcher.count > this.#arrivals)
    for (const watcher of ready) watcher.resolve()
    return this.#opened.promise
  }

  async reached(count = 1): Promise<void> {
    if (this.#arrivals >= count) return
    await new Promise<void>((resolve) => this.#watchers.push({ count, resolve }))
  }

  release(): void {
    this.#opened.resolve()
  }
}

/** Latches that stop requests at a point until a test lets them go on. */
export class Gates {
  readonly #closed = new Map<GatePoint, Gate>()

  /** Closes the gate, or finds the one that is closed already. */
  hold(point: GatePoint): Hold {
    const gate = this.#closed.get(point) ?? new Gate()
    this.#closed.set(point, gate)
    return { reached: (count) => gate.reached(count), release: () => this.#open(point, gate) }
  }

  release(point: GatePoint): void {
    const gate = this.#closed.get(point)
    if (gate !== undefined) this.#open(point, gate)
  }

  releaseAll(): void {
    for (const point of this.#closed.keys()) this.release(point)
  }

  async pass(point: GatePoint): Promise<void> {
    await this.#closed.get(point)?.pass()
  }

  #open(point: GatePoint, gate: Gate): void {
    if (this.#closed.get(point) === gate) this.#closed.delete(point)
    gate.release()
  }
}
