import { parseFault, parseFaultRuns, type Fault, type FaultPoint } from './fault.ts'

/** A fault ordered from outside, independent of any marker. */
export interface FaultOrder {
  readonly point: FaultPoint
  /** As in a marker: `503*3,reset`; `*` alone never heals. Each strikes once unless told. */
  readonly fault: string
  /** Only tasks whose prompt contains this. */
  readonly prompt?: string | undefined
  /** Only routes of the point `other` with this role. */
  readonly role?: 'keys' | undefined
}

interface Pending {
  readonly point: FaultPoint
  readonly prompt: string
  readonly role: string | undefined
  readonly fault: Fault
  left: number
}

/** Ordered faults, first come first served, and the outage that outranks them. */
export class FaultOrders {
  #pending: Pending[] = []
  #outage: Fault | null = null

  add(order: FaultOrder): void {
    for (const { fault, times } of parseFaultRuns(order.fault, 1)) {
      const { point, prompt = '', role } = order
      this.#pending.push({ point, prompt, role, fault, left: times })
    }
  }

  /** The same fault for every request until it is set to null. */
  set outage(fault: string | null) {
    this.#outage = fault === null ? null : parseFault(fault)
  }

  take(point: FaultPoint, prompt: string, role?: string): Fault | null {
    if (this.#outage !== null) return this.#outage
    const found = this.#pending.find(
      (order) =>
        order.point === point &&
        prompt.includes(order.prompt) &&
        (order.role === undefined || order.role === role),
    )
    if (found === undefined) return null
    found.left -= 1
    if (found.left <= 0) this.#pending = this.#pending.filter((order) => order !== found)
    return found.fault
  }
}
