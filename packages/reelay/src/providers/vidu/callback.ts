import { viduVerdict } from '../../callbacks/vidu-signature.ts'
import type { JsonRecord } from '../../system/json.ts'
import type { Operation } from '../../task/verdict.ts'
import { callbackBody, callbackHint, callbackJobId } from '../callback-body.ts'
import type { CallbackReading, RawCallback } from '../provider.ts'

const ENDED: readonly string[] = ['success', 'failed']

/** A look is believed by the payload that it repeats: without one, the id does not tell whose job it is. */
function operationOf(body: JsonRecord): Operation | null {
  const providerTaskId = callbackJobId(body['task_id']) ?? callbackJobId(body['id'])
  const payload = callbackJobId(body['payload'])
  return providerTaskId === null || payload === null ? null : { providerTaskId, payload }
}

/** Much the same as the answer to a look, with the id added. */
export function readViduCallback(callback: RawCallback, apiKey: string, nowMs: number): CallbackReading {
  const body = callbackBody(callback)
  return {
    verdict: viduVerdict(callback, apiKey, nowMs),
    operation: operationOf(body),
    hint: callbackHint(body['state'], ENDED),
  }
}
