import { callbackBody, callbackHint, callbackJobId } from '../callback-body.ts'
import type { CallbackReading, RawCallback } from '../provider.ts'

const ENDED: readonly string[] = ['completed', 'failed']

/** The generation, as in the answer to a look. */
export function readLumaCallback(callback: RawCallback): CallbackReading {
  const body = callbackBody(callback)
  const id = callbackJobId(body['id'])
  return {
    verdict: 'unsigned',
    operation: id === null ? null : { providerTaskId: id },
    hint: callbackHint(body['state'], ENDED),
  }
}
