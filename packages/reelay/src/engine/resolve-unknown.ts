import type { Provider } from '../providers/provider.ts'
import { decideFault } from '../task/decide.ts'
import { decideFound, decideNoProvider, type Found } from '../task/decide-submit.ts'
import type { Task } from '../task/task.ts'
import { commitDecision, dueOf } from './commit.ts'
import { messageOf } from './message-of.ts'
import { momentOf } from './moment.ts'
import type { Step } from './step.ts'

/** Looks for the job of a submit whose answer was lost. Never sends it again. */
export const resolveUnknown: Step = async (context, claim, lease) => {
  const { task } = claim
  const account = task.attempt?.account ?? ''
  const provider = context.providers.get(account)
  if (provider === undefined) {
    const decision = decideNoProvider(task, momentOf(context, claim, account))
    return dueOf(decision, await commitDecision(context, claim, task, decision))
  }
  try {
    const found = await look(task, provider, lease.signal)
    const decision = decideFound(task, found, momentOf(context, claim, account))
    return dueOf(decision, await commitDecision(context, claim, task, decision))
  } catch (error) {
    if (lease.signal.aborted) throw error
    const decision = decideFault(task, messageOf(error), momentOf(context, claim, account))
    return dueOf(decision, await commitDecision(context, claim, task, decision))
  }
}

async function look(task: Task, provider: Provider, signal: AbortSignal): Promise<Found> {
  const candidate = task.attempt?.operation
  if (candidate != null) {
    // An id that came late is only a candidate: a look with our own credentials confirms it.
    const verdict = await provider.probe(candidate, signal)
    if (verdict.kind === 'gone') return 'refuted'
    return verdict.kind === 'unrecognised' ? 'unsure' : candidate
  }
  if (provider.find === undefined || task.attempt === null) return 'impossible'
  return provider.find(task.attempt.clientToken, signal)
}
