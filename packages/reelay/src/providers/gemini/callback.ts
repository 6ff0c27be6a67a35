import { recordOf } from '../../system/json.ts'
import type { Operation } from '../../task/verdict.ts'
import { callbackBody, callbackHint, callbackJobId } from '../callback-body.ts'
import type { CallbackReading, RawCallback } from '../provider.ts'
import { isOperationName } from './status.ts'

/** There is no event for failures. */
const ENDED: readonly string[] = ['video.generated']

/** Its samples shorten the name to `operations/…`, under which nothing is found: only a whole one is taken. */
function operationOf(value: unknown): Operation | null {
  const name = callbackJobId(value)
  const isWhole = name !== null && name.startsWith('models/') && isOperationName(name)
  return isWhole ? { providerTaskId: name } : null
}

/** An event that says little. Its signature is not checked, since that takes keys that must be fetched. */
export function readGeminiCallback(callback: RawCallback): CallbackReading {
  const body = callbackBody(callback)
  return {
    verdict: 'unsigned',
    operation: operationOf(recordOf(body['data'])['id']),
    hint: callbackHint(body['type'], ENDED),
  }
}
