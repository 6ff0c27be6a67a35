import type { CallbackRules } from '../../callback-rules.ts'
import { isTerminal, type Phase } from '../../phase.ts'
import { listField, textField } from '../../request.ts'
import { signStandardWebhook } from '../../sign-standard-webhook.ts'
import { predictionOf } from './answers.ts'

/** The events that a phase stands for. A video is one output, and comes with the end. */
const EVENTS: Readonly<Record<Phase, readonly string[]>> = {
  queued: ['start'],
  running: ['logs'],
  done: ['output', 'completed'],
  failed: ['completed'],
  error: ['completed'],
  cancelled: ['completed'],
}

const PHASES: readonly Phase[] = ['queued', 'running', 'done', 'failed', 'error', 'cancelled']

/** Without a filter: new outputs, and the end. */
const EVENTS_DEFAULT: readonly unknown[] = ['output', 'completed']

/** Several tries, further and further apart, the last about a minute after the end; how many is assumed. */
const SECONDS_BETWEEN_TRIES = [4, 8, 16, 32]

/** The prediction as a look shows it. Only the end is tried again. */
export const replicateCallback: CallbackRules = {
  target: ({ fields }) => textField(fields, 'webhook') || null,
  events: PHASES,
  wants: ({ fields }, phase) => {
    const filter = listField(fields, 'webhook_events_filter')
    const wanted = filter.length === 0 ? EVENTS_DEFAULT : filter
    return EVENTS[phase].some((event) => wanted.includes(event))
  },
  body: predictionOf,
  sign: signStandardWebhook,
  retry: {
    // It wants an answer "within a few seconds".
    timeoutMs: 5_000,
    delaysMs: SECONDS_BETWEEN_TRIES.map((seconds) => seconds * 1000),
    accepts: (status) => status >= 200 && status < 400,
    phases: PHASES.filter(isTerminal),
  },
}
