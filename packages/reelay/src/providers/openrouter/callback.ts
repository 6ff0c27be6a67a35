import { openrouterVerdict } from '../../callbacks/openrouter-signature.ts'
import { recordOf } from '../../system/json.ts'
import { callbackBody, callbackHint, callbackJobId } from '../callback-body.ts'
import type { CallbackReading, RawCallback } from '../provider.ts'

const ENDED: readonly string[] = ['completed', 'failed', 'cancelled', 'expired']

/** An event, sent once at the end: the job is in its `data`. */
export function readOpenrouterCallback(
  callback: RawCallback,
  webhookSecret: string | undefined,
  nowMs: number,
): CallbackReading {
  const job = recordOf(callbackBody(callback)['data'])
  const id = callbackJobId(job['id'])
  return {
    verdict: openrouterVerdict(callback, webhookSecret, nowMs),
    operation: id === null ? null : { providerTaskId: id },
    hint: callbackHint(job['status'], ENDED),
  }
}
