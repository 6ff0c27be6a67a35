import type { Verdict } from '../task/verdict.ts'
import { decideDrain } from '../task/decide-end.ts'
import { commitDecision, dueOf } from './commit.ts'
import { momentOf } from './moment.ts'
import type { Step } from './step.ts'

/** An ended task whose upstream job may still run: it is watched only to free the account's slot. */
export const drain: Step = async (context, claim, lease) => {
  const { task } = claim
  const account = task.attempt?.account ?? ''
  const provider = context.providers.get(account)
  const operation = task.attempt?.operation
  let verdict: Verdict | 'unavailable' = 'unavailable'
  if (provider !== undefined && operation != null) {
    verdict = await provider.probe(operation, lease.signal).catch(() => 'unavailable' as const)
    if (lease.signal.aborted) throw new Error('stopped')
  }
  const decision = decideDrain(task, verdict, momentOf(context, claim, account))
  return dueOf(decision, await commitDecision(context, claim, task, decision))
}
