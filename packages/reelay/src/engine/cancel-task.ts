import { decideFault } from '../task/decide.ts'
import { decideCancel } from '../task/decide-end.ts'
import { accountOf, commitDecision, dueOf } from './commit.ts'
import { messageOf } from './message-of.ts'
import { momentOf } from './moment.ts'
import type { Step } from './step.ts'
import { upstreamCancel } from './upstream-cancel.ts'

/** Tries of an upstream cancel before the task is ended without its confirmation. */
const TRIES_MAX = 3

/** Acts on a stored wish to cancel or delete. */
export const cancelTask: Step = async (context, claim, lease) => {
  const { task } = claim
  const account = accountOf(task)
  try {
    const outcome = await upstreamCancel(context, task, lease.signal)
    const decision = decideCancel(task, outcome, momentOf(context, claim, account))
    return dueOf(decision, await commitDecision(context, claim, task, decision))
  } catch (error) {
    if (lease.signal.aborted) throw error
    const moment = momentOf(context, claim, account)
    const decision =
      task.faults + 1 >= TRIES_MAX || moment.nowMs >= task.deadlineAtMs
        ? decideCancel(task, 'refused', moment)
        : decideFault(task, messageOf(error), moment)
    return dueOf(decision, await commitDecision(context, claim, task, decision))
  }
}
