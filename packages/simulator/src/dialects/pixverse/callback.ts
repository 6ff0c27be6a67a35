import { createHash, createHmac } from 'node:crypto'
import type { CallbackRules, Outgoing } from '../../callback-rules.ts'
import { textField } from '../../request.ts'
import type { Secrets } from '../../secrets.ts'
import { creditsOf, outcomeFields } from './answers.ts'

/** As documented, without the tenth more or less. */
const SECONDS_BETWEEN_TRIES = [2, 10, 30, 60, 300, 900, 3_600, 14_400]

/** The fields of the body as a form, by name. That spaces become `+`, as in a query, is assumed. */
function formOf(body: Buffer): string {
  const fields: unknown = JSON.parse(body.toString('utf8'))
  const form = new URLSearchParams()
  for (const [name, value] of Object.entries(Object(fields))) form.set(name, String(value))
  form.sort()
  return form.toString()
}

/** There is room for one signature: while secrets change, it is made with the old one. */
function sign(outgoing: Outgoing, secrets: Secrets): Readonly<Record<string, string>> {
  const { attempt, body, id, isRotating, timestampMs } = outgoing
  const secret = isRotating ? secrets.previous.hmac : secrets.hmac
  const seconds = String(Math.floor(timestampMs / 1000))
  const nonce = createHash('sha256').update(`${id}:${attempt}`).digest('hex').slice(0, 32)
  const text = `${seconds}\n${nonce}\n${formOf(body)}`
  return {
    'webhook-timestamp': seconds,
    'webhook-nonce': nonce,
    'webhook-signature': createHmac('sha256', secret).update(text).digest('base64'),
    'ai-trace-id': id,
  }
}

/** Sent at the end to the webhook of the console that the create names; frames in transition have none. */
export const pixverseCallback: CallbackRules = {
  target: ({ fields, path }, account) =>
    textField(fields, 'webhook_id') === '' || path.includes('/transition/') ? null : account,
  events: ['done', 'failed', 'error'],
  body: (view, verbs) => ({
    id: view.task.id,
    ...outcomeFields(view, verbs),
    credits: creditsOf(view.phase),
  }),
  sign,
  retry: {
    delaysMs: SECONDS_BETWEEN_TRIES.map((seconds) => seconds * 1_000),
    timeoutMs: 10_000,
    accepts: (status, body) => status === 200 && body === 'ok',
  },
}
