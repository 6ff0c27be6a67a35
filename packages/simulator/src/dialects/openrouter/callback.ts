import { createHmac } from 'node:crypto'
import { is2xx, type CallbackRules, type Outgoing } from '../../callback-rules.ts'
import { textField } from '../../request.ts'
import type { Secrets } from '../../secrets.ts'
import type { TaskView } from '../../task.ts'
import type { Verbs } from '../../verbs.ts'
import { generationFields, outcomeFields, wordOf } from './answers.ts'

/** That it tries again is documented by the header against doubles alone: how often is assumed. */
const DELAYS_MS = [5_000, 30_000, 120_000, 600_000]

function body(view: TaskView, verbs: Verbs): object {
  const status = wordOf(view)
  return {
    type: `video.generation.${status}`,
    created_at: new Date(view.finishedAtMs ?? view.nowMs).toISOString(),
    data: {
      id: view.task.id,
      status,
      ...generationFields(view),
      model: view.task.model,
      ...outcomeFields(view, verbs),
    },
  }
}

/** The status that a body tells, for the header that names the event. */
function statusIn(outgoing: Outgoing): string {
  const event: unknown = JSON.parse(outgoing.body.toString('utf8'))
  return textField(Object(event), 'type').split('.').at(-1) ?? ''
}

/** The workspace's secret over the time in seconds, a comma and the body. There is one at a time. */
function sign(outgoing: Outgoing, secrets: Secrets): Readonly<Record<string, string>> {
  const secret = outgoing.isRotating ? secrets.previous.hmac : secrets.hmac
  const seconds = Math.floor(outgoing.timestampMs / 1000)
  const text = `${seconds},${outgoing.body.toString('utf8')}`
  return {
    'x-openrouter-idempotency-key': `${outgoing.taskId}-${statusIn(outgoing)}`,
    'x-openrouter-signature': `t=${seconds},v1=${createHmac('sha256', secret).update(text).digest('hex')}`,
  }
}

/** Sent once at the end: to the create's address, else to the workspace's. */
export const openrouterCallback: CallbackRules = {
  target: ({ fields }, account) => textField(fields, 'callback_url') || account,
  events: ['done', 'failed', 'error', 'cancelled'],
  body,
  sign,
  retry: { delaysMs: DELAYS_MS, timeoutMs: 10_000, accepts: is2xx },
}
