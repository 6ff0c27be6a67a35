import { callbackBody, callbackHint, callbackJobId } from '../callback-body.ts'
import type { CallbackReading, RawCallback } from '../provider.ts'

const ENDED: readonly string[] = ['succeeded', 'failed', 'canceled', 'aborted']

/** The prediction, as in the answer to a look. Its signature is not checked, since that takes a secret that must be fetched. */
export function readReplicateCallback(callback: RawCallback): CallbackReading {
  const body = callbackBody(callback)
  const id = callbackJobId(body['id'])
  return {
    verdict: 'unsigned',
    operation: id === null ? null : { providerTaskId: id },
    hint: callbackHint(body['status'], ENDED),
  }
}
