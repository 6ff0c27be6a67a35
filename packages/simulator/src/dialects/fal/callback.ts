import { createHash, sign as signBytes } from 'node:crypto'
import { is2xx, type CallbackRules, type Outgoing } from '../../callback-rules.ts'
import type { Secrets } from '../../secrets.ts'
import type { TaskView } from '../../task.ts'
import type { Verbs } from '../../verbs.ts'
import { errorAnswer, failureOf, output } from './answers.ts'

/** Whom the simulator's callbacks say they are for. */
const USER_ID = 'github|sim'

/** Ten tries over two hours, as documented; how they are spread is assumed. */
const MINUTES_BETWEEN_TRIES = [0.25, 0.5, 1, 2, 4, 8, 15, 25, 60]

function body(view: TaskView, verbs: Verbs): object {
  const about = { request_id: view.task.id, gateway_request_id: view.task.id }
  const failure = failureOf(view)
  if (failure === null) return { ...about, status: 'OK', payload: output(view, verbs) }
  const answer = errorAnswer(failure)
  const payload: unknown = JSON.parse(answer.body.toString('utf8'))
  return { ...about, status: 'ERROR', error: `Invalid status code: ${answer.status}`, payload }
}

/** The signature covers the request's id, the user, the time in seconds and the body's hash. */
function sign(outgoing: Outgoing, secrets: Secrets): Readonly<Record<string, string>> {
  const { privateKey } = outgoing.isRotating ? secrets.previous.ed25519 : secrets.ed25519
  const seconds = String(Math.floor(outgoing.timestampMs / 1000))
  const hash = createHash('sha256').update(outgoing.body).digest('hex')
  const message = [outgoing.taskId, USER_ID, seconds, hash].join('\n')
  return {
    'x-fal-webhook-request-id': outgoing.taskId,
    'x-fal-webhook-user-id': USER_ID,
    'x-fal-webhook-timestamp': seconds,
    'x-fal-webhook-signature': signBytes(null, Buffer.from(message), privateKey).toString('hex'),
  }
}

/** Sent once a request is over, to the address in its own query. */
export const falCallback: CallbackRules = {
  target: ({ query }) => query.get('fal_webhook'),
  events: ['done', 'failed', 'error', 'cancelled'],
  body,
  sign,
  retry: {
    timeoutMs: 15_000,
    delaysMs: MINUTES_BETWEEN_TRIES.map((minutes) => minutes * 60_000),
    accepts: is2xx,
  },
}
