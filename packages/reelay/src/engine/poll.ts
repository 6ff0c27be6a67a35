import { stopwatch } from '../observability/stopwatch.ts'
import { ProbeUnavailable } from '../providers/provider.ts'
import type { Verdict } from '../task/verdict.ts'
import { decideFault, decideVerdict } from '../task/decide.ts'
import { hurried } from '../task/hurry.ts'
import { decideNoProvider } from '../task/decide-submit.ts'
import { commitDecision, dueOf } from './commit.ts'
import type { EngineContext } from './context.ts'
import { durationKeyOf } from './duration-key.ts'
import { messageOf } from './message-of.ts'
import { momentOf } from './moment.ts'
import type { Step } from './step.ts'

/** Asks the provider how the job is. A question that could not be asked is never a verdict. */
export const poll: Step = async (context, claim, lease) => {
  const { task } = claim
  const account = task.attempt?.account ?? ''
  const provider = context.providers.get(account)
  const operation = task.attempt?.operation
  if (provider === undefined || operation == null) {
    const decision = decideNoProvider(task, momentOf(context, claim, account))
    return dueOf(decision, await commitDecision(context, claim, task, decision))
  }
  const plan = await context.looks.planFor(task, provider.traits.timing)
  const lap = stopwatch(context.clock)
  let verdict: Verdict
  try {
    verdict = await provider.probe(operation, lease.signal)
  } catch (error) {
    if (lease.signal.aborted) throw error
    context.observer.looked({ task, account, outcome: 'unavailable', isNews: false, lap: lap() })
    await pauseAfter(context, account, error)
    if (task.faults === 0)
      context.log.warn(
        { task: task.id, account, reason: messageOf(error) },
        'a look failed; the task goes on',
      )
    const decision = decideFault(task, messageOf(error), momentOf(context, claim, account))
    return dueOf(decision, await commitDecision(context, claim, task, decision))
  }
  const seen = { task, account, outcome: verdict.kind, lap: lap() }
  await context.checkpoint('poll.answered', task.id)
  if (verdict.kind === 'unrecognised') {
    context.log.warn(
      { task: task.id, account, status: verdict.status },
      'the provider used an unknown status',
    )
  }
  const moment = { ...momentOf(context, claim, account), plan }
  const { decision, hintStep } = hurried(decideVerdict(task, verdict, moment), claim.hintStep, moment.nowMs)
  const outcome = await commitDecision(context, claim, task, decision, {
    durationKey: durationKeyOf(task),
    looked: true,
    hintStep,
  })
  const isNews = outcome.kind === 'committed' && outcome.task.version > task.version
  context.observer.looked({ ...seen, isNews })
  return dueOf(decision, outcome)
}

async function pauseAfter(context: EngineContext, account: string, error: unknown): Promise<void> {
  if (!(error instanceof ProbeUnavailable) || error.pauseAccountMs === undefined) return
  await context.store.pauseAccount(account, context.clock.nowMs() + error.pauseAccountMs, error.message)
}
