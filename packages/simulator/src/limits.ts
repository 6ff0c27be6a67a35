/** How much a provider lets one account ask for. It counts only where the simulator is started with `limits`. */
export interface LimitRules {
  /** Polls and lists within any second. */
  readonly looksPerSecond?: number
  /** Tasks that have not ended. */
  readonly inFlightMax?: number
}

const SECOND_MS = 1_000

/** The looks of the last second, counted. The simulator is one account, whatever the keys. */
export class Limits {
  readonly #rules: LimitRules
  #looksAtMs: number[] = []

  constructor(rules: LimitRules) {
    this.#rules = rules
  }

  /** Whether one more look is allowed now; it is counted if it is. */
  takeLook(nowMs: number): boolean {
    const { looksPerSecond = Number.POSITIVE_INFINITY } = this.#rules
    if (!Number.isFinite(looksPerSecond)) return true
    this.#looksAtMs = this.#looksAtMs.filter((atMs) => atMs > nowMs - SECOND_MS)
    if (this.#looksAtMs.length >= looksPerSecond) return false
    this.#looksAtMs.push(nowMs)
    return true
  }

  hasRoom(inFlight: number): boolean {
    return inFlight < (this.#rules.inFlightMax ?? Number.POSITIVE_INFINITY)
  }
}
