import { standardWebhookVerdict } from '../../callbacks/standard-webhook.ts'
import { callbackBody, callbackHint, callbackJobId } from '../callback-body.ts'
import type { CallbackReading, RawCallback } from '../provider.ts'

const ENDED: readonly string[] = ['succeeded', 'failed', 'canceled', 'aborted']

/** The prediction, as in the answer to a look. */
export function readReplicateCallback(
  callback: RawCallback,
  webhookSecrets: readonly string[],
  nowMs: number,
): CallbackReading {
  const body = callbackBody(callback)
  const id = callbackJobId(body['id'])
  return {
    verdict: standardWebhookVerdict(callback, webhookSecrets, nowMs),
    operation: id === null ? null : { providerTaskId: id },
    hint: callbackHint(body['status'], ENDED),
  }
}
