import { loadPatched, PATCH_VARIABLE } from './patched.ts'
import type { Mutation } from './mutations.ts'

/**
 * Runs sequences with the bug that the environment names, none when it names none, until a promise is broken, and prints
 * what came of it as JSON.
 */
async function main(sequences: number): Promise<void> {
  const patch = process.env[PATCH_VARIABLE]
  if (patch !== undefined) loadPatched(JSON.parse(patch) as Mutation)
  // Loaded only now, so that it comes with the bug.
  const { simulate } = await import('./simulate.ts')
  const { totals, failure } = await simulate({ seed: 1, sequences, store: 'memory' })
  const { invariant, what } = failure?.broken[0] ?? {}
  process.stdout.write(
    JSON.stringify({ sequences: totals.sequences, seed: failure?.plan.seed, invariant, what }),
  )
}

await main(Number(process.argv[2]))
