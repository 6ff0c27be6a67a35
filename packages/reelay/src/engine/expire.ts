import { decideDeadline, type CancelOutcome } from '../task/decide-end.ts'
import { accountOf, commitDecision, dueOf } from './commit.ts'
import { momentOf } from './moment.ts'
import type { Step } from './step.ts'
import { upstreamCancel } from './upstream-cancel.ts'

/** The deadline has passed: an upstream cancel is tried once, then the task ends whatever it came to. */
export const expire: Step = async (context, claim, lease) => {
  const { task } = claim
  const cancel = await upstreamCancel(context, task, lease.signal).catch((): CancelOutcome => 'refused')
  const served = task.candidates.some(({ account }) => context.providers.has(account))
  const decision = decideDeadline(task, { cancel, served }, momentOf(context, claim, accountOf(task)))
  return dueOf(decision, await commitDecision(context, claim, task, decision))
}
