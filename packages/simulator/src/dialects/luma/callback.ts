import type { CallbackRules } from '../../callback-rules.ts'
import { textField } from '../../request.ts'
import { generationOf } from './answers.ts'

const TRIES = 3
const PAUSE_MS = 100

/** The generation as a look shows it, unsigned. It wants the status 200, and soon gives up for good. */
export const lumaCallback: CallbackRules = {
  target: ({ fields }) => textField(fields, 'callback_url') || null,
  events: ['running', 'done', 'failed', 'error'],
  body: generationOf,
  retry: {
    timeoutMs: 5_000,
    delaysMs: Array.from({ length: TRIES - 1 }, () => PAUSE_MS),
    accepts: (status) => status === 200,
  },
}
