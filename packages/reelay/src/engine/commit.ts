import type { Observer } from '../observability/observer.ts'
import type { Claim, CommitOutcome, Move, Store } from '../store/store.ts'
import { isTerminal } from '../task/state.ts'
import type { Decision, Task } from '../task/task.ts'
import { removeFiles, type FileRemover } from './remove-files.ts'

type Committer = FileRemover & { store: Pick<Store, 'commit'>; observer: Pick<Observer, 'moved'> }
type Extras = Partial<
  Pick<Move, 'keepLeaseMs' | 'slotsMax' | 'durationKey' | 'artifacts' | 'looked' | 'hintStep'>
>

/** Account under which a task is scheduled: the attempt's while one is open, else the candidate's. */
export function accountOf(task: Task): string {
  if (task.state !== 'queued' && task.attempt !== null) return task.attempt.account
  return task.candidates[task.candidate]?.account ?? task.attempt?.account ?? ''
}

/** Hands a decision to the store, the only writer, and clears up after a terminal one. */
export async function commitDecision(
  context: Committer,
  claim: Claim,
  task: Task,
  decision: Decision,
  extras: Extras = {},
): Promise<CommitOutcome> {
  const account =
    decision.to === 'queued'
      ? (task.candidates[decision.patch.candidate ?? task.candidate]?.account ?? accountOf(task))
      : accountOf(decision.to === 'submitting' ? { ...task, state: 'queued' } : task)
  const outcome = await context.store.commit({ ...decision, ...extras, claim, from: task.state, account })
  context.observer.moved({ before: task, decision, account, outcome })
  if (outcome.kind === 'committed' && isTerminal(outcome.task.state)) {
    const { id, state, error } = outcome.task
    if (!isTerminal(task.state)) context.log.info({ task: id, state, code: error?.code }, 'task ended')
    await removeFiles(context, outcome.task)
  }
  return outcome
}

/** When the task is due next, for the loop. */
export const dueOf = (decision: Decision, outcome: CommitOutcome): number | null =>
  outcome.kind === 'committed' ? (outcome.dueAtMs ?? decision.dueAtMs) : null
