import { createHash, createHmac } from 'node:crypto'
import { is2xx, type CallbackRules, type Outgoing } from '../../callback-rules.ts'
import { textField } from '../../request.ts'
import { creationFields } from './answers.ts'

const ACCESS_KEY = 'vidu'
const SIGNED_HEADERS = 'Date;x-request-nonce'

/** Three more tries for an end, as documented; how far apart is assumed. */
const DELAYS_MS = [5_000, 15_000, 60_000]

/** Over the address that was registered and two headers, not over the body. The key is that of the create. */
function sign({ apiKey, attempt, id, timestampMs, url }: Outgoing): Readonly<Record<string, string>> {
  const date = new Date(timestampMs).toUTCString()
  const nonce = createHash('sha256').update(`${id}:${attempt}`).digest('hex').slice(0, 32)
  const signed = `Date:${date}\nx-request-nonce:${nonce}\n`
  const text = ['POST', url.pathname, url.search.slice(1), ACCESS_KEY, date, signed].join('\n')
  return {
    date,
    'x-request-nonce': nonce,
    'x-hmac-signed-headers': SIGNED_HEADERS,
    'x-hmac-algorithm': 'hmac-sha256',
    'x-hmac-access-key': ACCESS_KEY,
    'x-hmac-signature': createHmac('sha256', apiKey).update(text).digest('base64'),
  }
}

/** Called when a job begins and when it ends. That the id is there, as `id`, is assumed. */
export const viduCallback: CallbackRules = {
  target: ({ fields }) => textField(fields, 'callback_url') || null,
  events: ['running', 'done', 'failed', 'error', 'cancelled'],
  body: (view, verbs) => ({ id: view.task.id, ...creationFields(view, verbs) }),
  sign,
  retry: {
    delaysMs: DELAYS_MS,
    timeoutMs: 10_000,
    accepts: is2xx,
    phases: ['done', 'failed', 'error', 'cancelled'],
  },
}
