import type { CancelOutcome } from '../task/decide-end.ts'
import type { Task } from '../task/task.ts'
import type { EngineContext } from './context.ts'

/** Tries to stop the upstream job of a task. @throws ProbeUnavailable when the provider could not be asked. */
export async function upstreamCancel(
  context: EngineContext,
  task: Task,
  signal: AbortSignal,
): Promise<CancelOutcome> {
  const { attempt } = task
  if (task.state !== 'running' || attempt?.operation == null) return 'not_needed'
  const provider = context.providers.get(attempt.account)
  if (provider?.cancel === undefined) return 'unsupported'
  return provider.cancel(attempt.operation, signal)
}
