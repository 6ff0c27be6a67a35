import { isRecord } from '../system/json.ts'
import type { ProviderError } from './provider-error.ts'
import type { TaskApi, TaskQuestion } from './task-api.ts'
import type { UpstreamAnswer } from './upstream.ts'

/** With these, an error in the provider's own words says that it is too late. */
const TOO_LATE_STATUSES = [400, 404, 405, 409, 422]

/**
 * Asks to cancel a job. An empty answer or a JSON object with a 2xx status confirms it, unless it holds an error.
 * @throws ProbeUnavailable
 */
export async function cancelJob(
  api: TaskApi,
  question: TaskQuestion,
  readError: (json: unknown) => ProviderError | null,
  signal: AbortSignal,
): Promise<'cancelled' | 'refused'> {
  const read = (answer: UpstreamAnswer): 'cancelled' | 'refused' | null => {
    if (readError(answer.json) !== null) return TOO_LATE_STATUSES.includes(answer.status) ? 'refused' : null
    const isConfirmed = answer.status < 300 && (answer.text.trim() === '' || isRecord(answer.json))
    return isConfirmed ? 'cancelled' : null
  }
  return api.ask(question, read, signal)
}
