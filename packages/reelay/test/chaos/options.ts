/**
 * What can happen in a run. `kill`: each cycle ends with a SIGKILL. `stop`: a process stands still for longer than its leases.
 * `disk`: the disk of the files, and of SQLite's database, is full for a while. `clock`: the wall clock is set, or minutes
 * pass at once. `store`: PostgreSQL stops as if the power failed, and comes back. At the provider: `reset` cuts
 * connections, before and after a job was accepted; `timeout` never answers; `errors` are 5xx, pages and slow answers.
 */
export const FAULTS = ['kill', 'stop', 'disk', 'clock', 'store', 'reset', 'timeout', 'errors'] as const

export type Fault = (typeof FAULTS)[number]

export type StoreKind = 'sqlite' | 'postgres'

export type ChaosOptions = {
  store: StoreKind
  /** Gateway processes at a time; one for SQLite. */
  replicas: number
  /** Each has a moment of its own at which a process is killed. */
  cycles: number
  /** Made over all cycles. */
  tasks: number
  /** Draws the moments, the faults, and the fate of each task. */
  seed: number
  leaseMs: number
  faults: readonly Fault[]
}

export type ChaosHooks = {
  /** Called before each cycle, counted from 0. */
  onCycle?: (cycle: number) => void
  /** Aborted: no further cycle begins, and what was done is accounted for. */
  signal?: AbortSignal
}

/** Numbers that differ by a seed, a name and an index, for `seededNumbers`. */
export function seedOf(seed: number, name: string, index: number): number {
  const letters = Buffer.from(name).reduce((sum, letter) => Math.imul(sum, 31) + letter, 7)
  return (
    (Math.imul(seed, 0x9e3779b1) ^ Math.imul(letters, 0x85ebca6b) ^ Math.imul(index + 1, 0xc2b2ae35)) >>> 0
  )
}

/** One of them, by the next random number. @throws Error for none */
export function pickOf<Item>(items: readonly Item[], random: () => number): Item {
  const item = items[Math.floor(random() * items.length)]
  if (item === undefined) throw new Error('nothing to pick from')
  return item
}
