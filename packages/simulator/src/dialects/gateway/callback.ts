import { createHmac } from 'node:crypto'
import { is2xx, type CallbackRules, type Outgoing } from '../../callback-rules.ts'
import type { Phase } from '../../phase.ts'
import { recordField, textField } from '../../request.ts'
import type { Secrets } from '../../secrets.ts'
import type { TaskView } from '../../task.ts'

/** A secret of one job alone: told once, when it starts. */
export function jobSecret(id: string, { hmac }: Pick<Secrets, 'hmac'>): string {
  return createHmac('sha256', hmac).update(id).digest('hex')
}

/** The ends, in the words that its page on batches has; that videos have the same is assumed. */
const ENDS: Readonly<Record<Phase, string>> = {
  queued: 'pending',
  running: 'pending',
  done: 'completed',
  failed: 'failed',
  error: 'failed',
  cancelled: 'cancelled',
}

/** It tells that a job is over, and nothing of what it made. */
function body({ task, phase }: TaskView): object {
  return { type: `video.${ENDS[phase]}`, data: { jobId: task.id, status: ENDS[phase] } }
}

function statusIn(text: string): string {
  const event: unknown = JSON.parse(text)
  return textField(recordField(recordField({ event }, 'event'), 'data'), 'status')
}

/** The time and the bytes are signed; the id of the delivery is not, and repeats what the body says. */
function sign(
  { timestampMs, body: bytes, taskId, isRotating }: Outgoing,
  secrets: Secrets,
): Readonly<Record<string, string>> {
  const text = bytes.toString('utf8')
  const seconds = Math.floor(timestampMs / 1000)
  const secret = jobSecret(taskId, isRotating ? secrets.previous : secrets)
  const digest = createHmac('sha256', secret).update(`${seconds}.${text}`).digest('hex')
  return {
    'x-ai-gateway-signature': `t=${seconds},v1=${digest}`,
    'x-ai-gateway-idempotency-key': `${taskId}-${statusIn(text)}`,
  }
}

/** Failed deliveries are tried again; how often is assumed. */
const SECONDS_BETWEEN_TRIES = [5, 30, 120]

export const gatewayCallback: CallbackRules = {
  target: ({ fields }) => textField(fields, 'callbackUrl') || null,
  events: ['done', 'failed', 'error', 'cancelled'],
  body,
  sign,
  retry: {
    timeoutMs: 10_000,
    delaysMs: SECONDS_BETWEEN_TRIES.map((seconds) => seconds * 1000),
    accepts: is2xx,
  },
}
