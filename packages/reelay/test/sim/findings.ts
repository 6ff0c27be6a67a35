import { textOf, type Invariant } from './simulated-invariants.ts'

export type Broken = { invariant: Invariant; text: string; what: string }

/** What was checked in a world, and what did not hold. */
export class Findings {
  readonly checks: Map<Invariant, number> = new Map()
  readonly broken: Broken[] = []

  check(invariant: Invariant, holds: boolean, what: () => string): void {
    this.checks.set(invariant, (this.checks.get(invariant) ?? 0) + 1)
    if (!holds) this.broken.push({ invariant, text: textOf(invariant), what: what() })
  }
}
