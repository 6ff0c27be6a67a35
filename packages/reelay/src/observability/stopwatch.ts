import type { Clock } from '../system/clock.ts'

/** When something began, and how long it took: the one for people and traces, the other by a clock that never jumps. */
export type Lap = { startedAtMs: number; durationMs: number }

/** Begins to measure; each call tells how long it has been. */
export function stopwatch(clock: Pick<Clock, 'nowMs' | 'monotonicMs'>): () => Lap {
  const startedAtMs = clock.nowMs()
  const sinceMs = clock.monotonicMs()
  return () => ({ startedAtMs, durationMs: Math.max(0, clock.monotonicMs() - sinceMs) })
}
