import { pixverseVerdict } from '../../callbacks/pixverse-signature.ts'
import { callbackBody, callbackHint, callbackJobId } from '../callback-body.ts'
import type { CallbackReading, RawCallback } from '../provider.ts'

/** The numbers for the end; 5 goes on. */
const ENDED: readonly string[] = ['1', '6', '7', '8']

/** The result without its envelope, sent at the end of any job that was made with this webhook. */
export function readPixverseCallback(
  callback: RawCallback,
  webhookSecret: string | undefined,
  nowMs: number,
): CallbackReading {
  const body = callbackBody(callback)
  const id = callbackJobId(body['id'])
  return {
    verdict: pixverseVerdict(callback, webhookSecret, nowMs),
    operation: id === null ? null : { providerTaskId: id },
    hint: callbackHint(body['status'], ENDED),
  }
}
