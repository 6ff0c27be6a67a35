import { isRecord } from '../json.ts'
import { receivedAnswer, refusal, tooLarge, unavailable } from './answers.ts'
import type { Deliveries } from './deliveries.ts'
import { eventFromWebhook } from './event-from-webhook.ts'
import type { Followers } from './followers.ts'
import { headerOf } from './header-of.ts'
import { parseJsonBytes } from './parse-json-bytes.ts'
import { readCallback } from './read-callback.ts'
import { ReceiverError } from './receiver-error.ts'
import type { ReceiverParts } from './receiver-parts.ts'
import type { AddedCallback, StoredCallback } from './receiver-store.ts'
import { BODY_BYTES_MAX, type ReceiverRequest, type ReceiverResponse } from './receiver.ts'
import { verifySignature } from './verify-signature.ts'
import { WebhookVerificationError } from './webhook-verification-error.ts'

/** Unsigned callbacks are kept up to this number for each task; further ones only cause a look. */
const UNSIGNED_PER_TASK_MAX = 50

export type Admission = {
  parts: ReceiverParts
  deliveries: Deliveries
  followers: Followers | null
  /** Null for a sender that does not sign. */
  secrets: readonly string[] | null
  toleranceSeconds: number
}

type Admitted = { response: ReceiverResponse; work: Promise<void> | null }

/** Checks, stores and answers one request. The work that follows is under way when it resolves. */
export async function admitCallback(admission: Admission, request: ReceiverRequest): Promise<Admitted> {
  const refused = refuse(admission, request)
  if (refused !== null) return { response: refused, work: null }
  let callback: StoredCallback
  try {
    callback = await readRequest(admission, request)
  } catch (error) {
    if (!(error instanceof WebhookVerificationError)) throw error
    return { response: verificationAnswer(error), work: null }
  }
  return storeCallback(admission, callback)
}

function refuse({ parts }: Admission, request: ReceiverRequest): ReceiverResponse | null {
  if (request.method !== 'POST') {
    return refusal(405, 'method_not_allowed', 'Callbacks are sent with POST', { allow: 'POST' })
  }
  if (parts.stop.aborted) return unavailable('The receiver is shutting down: send the callback again')
  if (request.body.length > BODY_BYTES_MAX) return tooLarge(BODY_BYTES_MAX)
  const encoding = headerOf(request.headers, 'content-encoding')?.trim().toLowerCase() ?? ''
  if (encoding === '' || encoding === 'identity') return null
  return refusal(415, 'unsupported_encoding', 'Send the body without content-encoding')
}

async function readRequest(admission: Admission, request: ReceiverRequest): Promise<StoredCallback> {
  const receivedAtMs = admission.parts.clock.nowMs()
  const { secrets, toleranceSeconds } = admission
  if (secrets === null) {
    const { taskId } = readCallback(request.body)
    const key = `body:${taskId ?? ''}:${await sha256(request.body)}`
    return { key, taskId, webhookId: null, body: request.body, receivedAtMs }
  }
  const { id, body } = await verifySignature(request, secrets, { toleranceSeconds, nowMs: receivedAtMs })
  return { key: `id:${id}`, taskId: signedTaskId(id, body), webhookId: id, body, receivedAtMs }
}

// A signed event of a later version must not be refused: its sender would repeat it for days.
function signedTaskId(id: string, body: Uint8Array): string | null {
  try {
    return eventFromWebhook({ id, body, receivedAtMs: 0 }).taskId
  } catch (error) {
    if (error instanceof WebhookVerificationError && error.code === 'unknown_event') return null
    throw error
  }
}

async function storeCallback(admission: Admission, callback: StoredCallback): Promise<Admitted> {
  const { parts, followers } = admission
  const { key, taskId, webhookId } = callback
  const isBelieved = webhookId !== null || parts.confirm === 'never'
  if (!isBelieved && taskId !== null && followers?.hasRoomFor(taskId) === false) {
    return { response: unavailable('Too many tasks are being looked at: send it again later'), work: null }
  }
  let added: AddedCallback
  try {
    added = await parts.store.add(callback, webhookId === null ? UNSIGNED_PER_TASK_MAX : Infinity)
  } catch (cause) {
    parts.report(
      new ReceiverError('store_failed', 'A callback could not be stored: its sender was told to repeat it', {
        taskId,
        callbackKey: key,
        cause,
      }),
    )
    return { response: unavailable('The callback could not be stored: send it again later'), work: null }
  }
  return { response: receivedAnswer(), work: startWork(admission, callback, added, isBelieved) }
}

function startWork(
  { parts, deliveries, followers }: Admission,
  callback: StoredCallback,
  added: AddedCallback,
  isBelieved: boolean,
): Promise<void> | null {
  const { key, taskId, webhookId } = callback
  if (added === 'finished') return null
  // Its sender was told each time that it arrived, and may never send it again.
  if (added === 'unfinished') {
    if (isBelieved) return deliveries.deliverAgain({ key, taskId, webhookId })
    return taskId === null ? null : (followers?.lookAgain(taskId, key) ?? null)
  }
  if (isBelieved) return added === 'added' ? deliveries.deliver({ key, taskId, webhookId }) : null
  if (taskId !== null) return followers?.look(taskId, added === 'added' ? key : null) ?? null
  const what = isRecord(parseJsonBytes(callback.body)) ? 'names no task' : 'is no JSON object'
  const message = `An unsigned callback ${what}: read its body from the store with callbackKey`
  return parts.activity.run(async () => {
    parts.report(new ReceiverError('unreadable_callback', message, { callbackKey: key }))
    if (added === 'full') return
    try {
      await parts.store.finish(key)
    } catch (cause) {
      parts.report(
        new ReceiverError('store_failed', 'The receiver store failed', { callbackKey: key, cause }),
      )
    }
  })
}

const verificationAnswer = (error: WebhookVerificationError): ReceiverResponse =>
  refusal(error.code === 'no_matching_signature' ? 401 : 400, error.code, error.message)

async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', Uint8Array.from(bytes)))
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
