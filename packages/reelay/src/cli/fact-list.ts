import type { Io } from './io.ts'
import { styleOf } from './style.ts'
import { oneLine } from './text.ts'

export type Fact = readonly [name: string, value: string | null]

/** A line per fact, names aligned, nothing where nothing is known. Values may hold a server's own text. */
export function formatFacts(facts: readonly Fact[], io: Io): string {
  const style = styleOf(io.stdout, io.env)
  const known = facts.filter(([, value]) => value !== null && value !== '')
  const width = Math.max(...known.map(([name]) => name.length))
  return known.map(([name, value]) => `${style.dim(name.padEnd(width))}  ${oneLine(value ?? '')}`).join('\n')
}
