import { isRecord, type JsonRecord } from '../../system/json.ts'
import type { Operation } from '../../task/verdict.ts'
import { callbackBody, callbackHint, callbackJobId } from '../callback-body.ts'
import type { CallbackReading, RawCallback } from '../provider.ts'
import type { MinimaxVersion } from './request.ts'

/** Of both generations, and of both spellings of the first: callbacks say `failed` where its answers say `Fail`. */
const ENDED: readonly string[] = [
  'success',
  'fail',
  'failed',
  'succeeded',
  'cancelled',
  'canceled',
  'expired',
]

/** What is echoed is never longer than this. */
const CHALLENGE_BYTES_MAX = 1_024

/** The generation shows in the shape: `base_resp` and `file_id` are of the first only. Null when nothing tells. */
function versionOf(body: JsonRecord): MinimaxVersion | null {
  if (isRecord(body['task'])) return 'v2'
  return isRecord(body['base_resp']) || 'file_id' in body ? 'v1' : null
}

function operationOf(id: unknown, version: MinimaxVersion | null): Operation | null {
  const providerTaskId = callbackJobId(id)
  return providerTaskId === null || version === null ? null : { providerTaskId, version }
}

function challengeIn({ challenge }: JsonRecord): string | null {
  const isOne = typeof challenge === 'string' && Buffer.byteLength(challenge) <= CHALLENGE_BYTES_MAX
  return isOne ? challenge : null
}

/** Before all else comes a challenge: unless it is echoed within 3 s, nothing ever follows. */
export function readMinimaxCallback(callback: RawCallback): CallbackReading {
  const body = callbackBody(callback)
  const challenge = challengeIn(body)
  if (challenge !== null) {
    const answer = JSON.stringify({ challenge })
    return { verdict: 'unsigned', operation: null, hint: 'moved', answer }
  }
  const version = versionOf(body)
  const task = isRecord(body['task']) ? body['task'] : body
  const operation = operationOf(version === 'v2' ? task['id'] : task['task_id'], version)
  return { verdict: 'unsigned', operation, hint: callbackHint(task['status'], ENDED) }
}
