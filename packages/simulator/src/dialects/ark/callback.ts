import { is2xx, type CallbackRules } from '../../callback-rules.ts'
import { textField } from '../../request.ts'
import { taskOf } from './answers.ts'

/** Three more tries are documented, the pauses before them are assumed. */
const PAUSES_MS = [5_000, 10_000, 20_000]

/** The task as a look shows it, unsigned, at each change; only the end is told again if it was not heard. */
export const arkCallback: CallbackRules = {
  target: ({ fields }) => textField(fields, 'callback_url') || null,
  events: ['queued', 'running', 'done', 'failed', 'error'],
  body: taskOf,
  retry: {
    timeoutMs: 5_000,
    delaysMs: PAUSES_MS,
    accepts: is2xx,
    phases: ['done', 'failed', 'error'],
  },
}
