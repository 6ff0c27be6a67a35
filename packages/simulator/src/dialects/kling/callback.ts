import { is2xx, type CallbackRules } from '../../callback-rules.ts'
import { textField } from '../../request.ts'
import { calledBack } from './answers.ts'

/** At each change, unsigned. No page says that one which fails is sent again; the wait is assumed. */
export const klingCallback: CallbackRules = {
  target: ({ fields }) => textField(fields, 'callback_url') || null,
  events: ['queued', 'running', 'done', 'failed', 'error'],
  body: calledBack,
  retry: { timeoutMs: 5_000, delaysMs: [], accepts: is2xx },
}
