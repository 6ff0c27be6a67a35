import { check } from 'fast-check'
import { lives } from './decide-lives.ts'

/** Runs between two words about how far it is. */
const BATCH = 20_000

export type DecideResult = { runs: number; failure: string | undefined }

/** So many random lives of a task by the decisions alone. A failure names the seed and path that repeat it. */
export function simulateDecide(seed: number, runs: number, progress?: (runs: number) => void): DecideResult {
  for (let done = 0; done < runs;) {
    const numRuns = Math.min(BATCH, runs - done)
    const result = check(lives, { seed: seed + done, numRuns })
    if (result.failed) {
      const { counterexamplePath, counterexample, errorInstance } = result
      const failure = `seed ${result.seed}, path ${counterexamplePath}: ${JSON.stringify(counterexample)} ${String(errorInstance)}`
      return { runs: done + result.numRuns, failure }
    }
    done += numRuns
    progress?.(done)
  }
  return { runs, failure: undefined }
}
