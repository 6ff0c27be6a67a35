import { callbackBody, callbackHint } from '../callback-body.ts'
import type { CallbackReading, RawCallback } from '../provider.ts'

/** Its two words for the end in callbacks, and the one of its answers. */
const ENDED: readonly string[] = ['ok', 'error', 'completed']

/**
 * Sent once, at the end. The id in it is not enough: jobs are asked for under paths that it does not tell. Its signature
 * is not checked, since that takes keys that must be fetched.
 */
export function readFalCallback(callback: RawCallback): CallbackReading {
  const { status } = callbackBody(callback)
  return { verdict: 'unsigned', operation: null, hint: callbackHint(status, ENDED) }
}
