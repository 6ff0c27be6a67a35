import { recordOf } from '../../system/json.ts'
import { callbackBody, callbackHint, callbackJobId } from '../callback-body.ts'
import type { CallbackReading, RawCallback } from '../provider.ts'

const ENDED: readonly string[] = ['succeeded', 'failed', 'canceled', 'unknown']

/**
 * An event of Alibaba's EventBridge about any finished job of the account: the job's id and status in `data`, or in the
 * body itself where the operator's rule passes on that part only. Unsigned: the address vouches for it.
 */
export function readDashscopeCallback(callback: RawCallback): CallbackReading {
  const body = callbackBody(callback)
  const data = recordOf(body['data'])
  const id = callbackJobId(data['task_id']) ?? callbackJobId(body['task_id'])
  return {
    verdict: 'unsigned',
    // Not enough to ask for it: what is stored of a job here also has when it was made.
    operation: null,
    ...(id === null ? {} : { job: { id } }),
    hint: callbackHint(data['task_status'] ?? body['task_status'], ENDED),
  }
}
