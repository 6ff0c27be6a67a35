import { falVerdict } from '../../callbacks/fal-signature.ts'
import type { PublicKeys } from '../../callbacks/public-keys.ts'
import { callbackBody, callbackHint } from '../callback-body.ts'
import type { CallbackReading, RawCallback } from '../provider.ts'

/** Its two words for the end in callbacks, and the one of its answers. */
const ENDED: readonly string[] = ['ok', 'error', 'completed']

/** Sent once, at the end. The id in it is not enough: jobs are asked for under paths that it does not tell. */
export async function readFalCallback(
  callback: RawCallback,
  keys: PublicKeys,
  nowMs: number,
): Promise<CallbackReading> {
  const { status } = callbackBody(callback)
  const verdict = await falVerdict(callback, keys, nowMs)
  return { verdict, operation: null, hint: callbackHint(status, ENDED) }
}
