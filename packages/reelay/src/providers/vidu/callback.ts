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

/**
 * Much the same as the answer to a look, with the id added. Its signature is not checked: it covers the path that was
 * called, which is not known here and which proxies change, and it leaves the body out.
 */
export function readViduCallback(callback: RawCallback): CallbackReading {
  const body = callbackBody(callback)
  return { verdict: 'unsigned', operation: operationOf(body), hint: callbackHint(body['state'], ENDED) }
}
