import { callbackBody, callbackHint } from '../callback-body.ts'
import type { CallbackReading, RawCallback } from '../provider.ts'

/** The words for the end: `succeed` is its spelling. */
const ENDED: readonly string[] = ['succeed', 'failed']

/**
 * A flat task, without the envelope of its answers. The id in it is not enough: jobs are asked for under the path that
 * made them, which it does not tell.
 */
export function readKlingCallback(callback: RawCallback): CallbackReading {
  const { task_status: status } = callbackBody(callback)
  return { verdict: 'unsigned', operation: null, hint: callbackHint(status, ENDED) }
}
