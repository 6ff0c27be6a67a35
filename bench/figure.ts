import type { ProofRecord } from '../scripts/proof-record.ts'

export type Figure = ProofRecord['figures'][number]

export type BenchOptions = {
  /** The modes that take many minutes: a hundred thousand tasks. */
  isLong: boolean
  /** Samples that show that it works, not figures to publish. */
  isShort: boolean
}

/** A measurement under its name on the command line. What it prints is for whoever watches; the figures are its result. */
export type Bench = (options: BenchOptions) => Promise<readonly Figure[]>

export const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(values.length * share) - 1)] ?? Number.NaN

const PRECISION = 4
const rounded = (value: number): number => Number(value.toPrecision(PRECISION))

type Named = Pick<Figure, 'figure' | 'unit' | 'baseline'> & { value: number }

/** A figure that may not be above `max`. */
export const atMost = (max: number, { value, ...named }: Named): Figure => ({
  ...named,
  value: rounded(value),
  aim: `at most ${max}`,
  met: value <= max,
})

/** A figure that may not be below `min`. */
export const atLeast = (min: number, { value, ...named }: Named): Figure => ({
  ...named,
  value: rounded(value),
  aim: `at least ${min}`,
  met: value >= min,
})

/** A figure that nothing is aimed at. */
export const plain = ({ value, ...named }: Named): Figure => ({ ...named, value: rounded(value) })
