import type { Move } from '../store.ts'
import type { ScheduleRow } from './schema.ts'
import { wholeMs } from './whole-ms.ts'

/** What others asked of a task while it was held. */
export type Wishes = Pick<ScheduleRow, 'wake_seq' | 'callback_due_at' | 'hint_step' | 'goes_first'>

/** What a move leaves in the row of a task that it gives back. */
export type Left = Pick<ScheduleRow, 'account' | 'due_at' | 'hint_step' | 'goes_first'>

/** Whoever woke the task meanwhile, or called back, is heard: it is due at once, or sooner. */
export function leftSchedule(move: Move & { dueAtMs: number }, wishes: Wishes, nowMs: number): Left {
  const wokenMeanwhile = wishes.wake_seq !== move.claim.wakeSeq
  // A hint that finds the step at zero leaves no other trace than the look that it asked for.
  const hintedMeanwhile =
    wishes.hint_step !== move.claim.hintStep || (wishes.hint_step === 0 && wishes.callback_due_at !== null)
  // What callbacks asked for an attempt is over with it: nothing is submitted the sooner for them.
  const isOver = move.to === 'queued'
  const askedMs = isOver ? Infinity : (wishes.callback_due_at ?? Infinity)
  const hintStep = move.hintStep === undefined || hintedMeanwhile ? wishes.hint_step : move.hintStep
  // A video that was just found is fetched before anybody looks at those that may still be under way.
  const isFound = move.to === 'archiving' && move.from !== 'archiving'
  return {
    account: move.account,
    due_at: wokenMeanwhile ? nowMs : wholeMs(Math.min(move.dueAtMs, askedMs)),
    hint_step: isOver ? null : hintStep,
    goes_first: wokenMeanwhile || isFound || (wishes.goes_first === 1 && !isOver) ? 1 : 0,
  }
}

/** For whoever planned with the time that was decided: when the task is due, if that is sooner. */
export const soonerThan = (move: Move, dueAtMs: number | null): { dueAtMs?: number } =>
  dueAtMs !== null && move.dueAtMs !== null && dueAtMs < move.dueAtMs ? { dueAtMs } : {}
