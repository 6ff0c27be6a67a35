import { eventFromWebhook } from './event-from-webhook.ts'
import { verifySignature, type VerifyOptions, type WebhookRequest } from './verify-signature.ts'
import type { VideoEvent } from './video-event.ts'

/**
 * Checks the signature of a request and reads the event in it. It knows nothing of repetitions: the same
 * event may come again with the same `id`; `createReceiver` takes care of that.
 * @param secrets `whsec_…`; several during a rotation
 * @throws WebhookVerificationError
 */
export async function verifyWebhook(
  request: WebhookRequest,
  secrets: string | readonly string[],
  options: VerifyOptions = {},
): Promise<VideoEvent> {
  const receivedAtMs = options.nowMs ?? Date.now()
  const { id, body } = await verifySignature(request, secrets, { ...options, nowMs: receivedAtMs })
  return eventFromWebhook({ id, body, receivedAtMs })
}
