import type { Decision } from './task.ts'

/**
 * After a callback that claims the end, while the provider itself says that the job still runs: some announce a result
 * a moment before their own answers know of it.
 */
const PAUSES_MS: readonly number[] = [1_000, 2_000, 5_000]

/** A look that did not see the announced end: the next ones come soon. `hintStep` null: nothing was announced. */
export function hurried(
  decision: Decision,
  hintStep: number | null,
  nowMs: number,
): { decision: Decision; hintStep: number | null } {
  const pauseMs = PAUSES_MS[hintStep ?? PAUSES_MS.length]
  if (hintStep === null || pauseMs === undefined || decision.to !== 'running' || decision.dueAtMs === null)
    return { decision, hintStep: null }
  return {
    decision: { ...decision, dueAtMs: Math.min(decision.dueAtMs, nowMs + pauseMs) },
    hintStep: hintStep + 1,
  }
}
