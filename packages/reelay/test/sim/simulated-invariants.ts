import { INVARIANTS } from '../docs/invariants.ts'

/** What the simulation holds true after every step, by the numbers of `test/docs/invariants.ts`. */
export const SIMULATED = [
  1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 26, 27, 28, 29,
] as const

export type Invariant = (typeof SIMULATED)[number]

export const textOf = (invariant: Invariant): string => INVARIANTS[invariant - 1]?.text ?? ''
