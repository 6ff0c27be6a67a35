import { createHash } from 'node:crypto'
import { is2xx, type CallbackRules } from '../../callback-rules.ts'
import { signStandardWebhook } from '../../sign-standard-webhook.ts'
import type { TaskView } from '../../task.ts'

/** An event about a video that has ended: it names the video, and tells nothing of it. */
function body({ task, phase, nowMs, finishedAtMs }: TaskView): object {
  const type = phase === 'done' ? 'video.completed' : 'video.failed'
  return {
    id: `evt_${createHash('sha256').update(`${task.id}:${type}`).digest('hex').slice(0, 48)}`,
    object: 'event',
    created_at: Math.floor((finishedAtMs ?? nowMs) / 1000),
    type,
    data: { id: task.id },
  }
}

/** Hours between the tries: up to three days, further and further apart. How they are spread is assumed. */
const HOURS_BETWEEN_TRIES = [0.01, 0.05, 0.25, 1, 4, 12, 24, 30]

/** An address of the whole account, and no field of a create. */
export const openaiCallback: CallbackRules = {
  target: (_request, account) => account,
  events: ['done', 'failed', 'error', 'cancelled'],
  body,
  sign: signStandardWebhook,
  retry: {
    timeoutMs: 10_000,
    delaysMs: HOURS_BETWEEN_TRIES.map((hours) => Math.round(hours * 3_600_000)),
    accepts: is2xx,
  },
}
