import { standardWebhookVerdict } from '../../callbacks/standard-webhook.ts'
import { recordOf } from '../../system/json.ts'
import { callbackBody, callbackHint, callbackJobId } from '../callback-body.ts'
import type { CallbackReading, RawCallback } from '../provider.ts'

const ENDED: readonly string[] = ['video.completed', 'video.failed']

/** An event about any job of the account, made here or elsewhere: it has the job's id, and no more. */
export function readOpenaiCallback(
  callback: RawCallback,
  webhookSecrets: readonly string[],
  nowMs: number,
): CallbackReading {
  const body = callbackBody(callback)
  const id = callbackJobId(recordOf(body['data'])['id'])
  return {
    verdict: standardWebhookVerdict(callback, webhookSecrets, nowMs),
    operation: id === null ? null : { providerTaskId: id },
    hint: callbackHint(body['type'], ENDED),
  }
}
