import { is2xx, type CallbackRules } from '../../callback-rules.ts'
import type { Phase } from '../../phase.ts'
import { textField } from '../../request.ts'
import type { TaskView } from '../../task.ts'
import type { Verbs } from '../../verbs.ts'
import { statusFields } from './answers-v1.ts'
import { taskFields } from './answers-v2.ts'
import { isV2 } from './minimax-error.ts'

/** The first generation calls with other words than it answers. */
const WORDS: Readonly<Record<Phase, string>> = {
  queued: 'processing',
  running: 'processing',
  done: 'success',
  failed: 'failed',
  error: 'failed',
  cancelled: 'failed',
}

/** That the second generation calls with what it answers is assumed. */
function body(view: TaskView, verbs: Verbs): object {
  if (isV2(view.task.path)) return { task: taskFields(view, verbs) }
  return statusFields({ ...view, word: view.word ?? WORDS[view.phase] }, verbs)
}

function challengeIn(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && 'challenge' in value ? value.challenge : undefined
  } catch {
    return undefined
  }
}

const TIMEOUT_MS = 3_000

/**
 * First a challenge, to be echoed within 3 s: else nothing is ever sent, and nothing tells. That each
 * job's URL is challenged anew is assumed. Nothing is signed, and no second try is documented.
 */
export const minimaxCallback: CallbackRules = {
  target: ({ fields }) => textField(fields, 'callback_url') || null,
  events: ['running', 'done', 'failed', 'error', 'cancelled'],
  body,
  retry: { delaysMs: [], timeoutMs: TIMEOUT_MS, accepts: is2xx },
  handshake: {
    body: (challenge) => ({ challenge }),
    accepts: (status, text, challenge) => is2xx(status) && challengeIn(text) === challenge,
    timeoutMs: TIMEOUT_MS,
  },
}
