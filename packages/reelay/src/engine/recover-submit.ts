import { decideSubmitted } from '../task/decide-submit.ts'
import { commitDecision, dueOf } from './commit.ts'
import { momentOf } from './moment.ts'
import type { Step } from './step.ts'

/** A task that is claimed while `submitting` lost its process during the billable request: nobody knows its outcome. */
export const recoverSubmit: Step = async (context, claim) => {
  const { task } = claim
  const moment = momentOf(context, claim, task.attempt?.account ?? '')
  const decision = decideSubmitted(
    task,
    { kind: 'unknown', detail: 'the process ended during the submission' },
    moment,
  )
  // Look at once: a provider that can be asked knows already.
  const now = { ...decision, dueAtMs: moment.nowMs }
  return dueOf(now, await commitDecision(context, claim, task, now))
}
