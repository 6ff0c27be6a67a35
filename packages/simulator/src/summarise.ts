import type { LedgerEntry } from './ledger.ts'

/** What was billed, by what it was billed for. */
export interface LedgerSummary {
  /** Jobs that were made: accepted, and not a repetition. */
  readonly jobs: number
  readonly refused: number
  readonly repeated: number
  readonly jobsByPrompt: Readonly<Record<string, number>>
  /** Only creates that had a token. */
  readonly jobsByClientToken: Readonly<Record<string, number>>
  /** The most jobs that any one prompt made: 1 where nothing was billed twice and each prompt was meant once. */
  readonly mostByPrompt: number
  readonly mostByClientToken: number
}

function counted(names: readonly string[]): Readonly<Record<string, number>> {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return Object.fromEntries(counts)
}

function mostOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((most, count) => Math.max(most, count), 0)
}

/** Counts the jobs of a ledger, for tests that say "never billed twice". */
export function summarise(ledger: readonly LedgerEntry[]): LedgerSummary {
  const jobs = ledger.filter((entry) => entry.accepted && !entry.repeated)
  const jobsByPrompt = counted(jobs.map((entry) => entry.prompt))
  const jobsByClientToken = counted(jobs.flatMap((entry) => entry.clientToken ?? []))
  return {
    jobs: jobs.length,
    refused: ledger.filter((entry) => !entry.accepted).length,
    repeated: ledger.filter((entry) => entry.repeated).length,
    jobsByPrompt,
    jobsByClientToken,
    mostByPrompt: mostOf(jobsByPrompt),
    mostByClientToken: mostOf(jobsByClientToken),
  }
}
