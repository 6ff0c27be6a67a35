import type { GuardedClient, GuardedResponse } from '../net/guarded-fetch.ts'
import { requestOutput, sniffed, type OutputLink } from './open-output.ts'
import { OutputGone, OutputUnavailable, type OpenedOutput } from './provider.ts'

function refusalOf({ status, headers }: GuardedResponse): Error | null {
  // Only what is not there is gone: a refused key opens nothing anew.
  if (status === 404) return new OutputGone('The provider no longer has the job with the output.')
  if (status !== 200) return new OutputUnavailable(`The question for the output was answered HTTP ${status}.`)
  const type = headers.get('content-type') ?? 'application/json'
  return /^\s*application\/([\w.+-]*\+)?json\b/i.test(type)
    ? null
    : new OutputUnavailable(`The question for the output was answered ${type.slice(0, 80)}, not JSON.`)
}

/**
 * Opens a video that stands inside an answer: `videoIn` takes it out as it arrives, so that it is never held in memory.
 *
 * @throws OutputGone, OutputUnavailable
 */
export async function openInlineOutput(
  guarded: GuardedClient,
  link: OutputLink,
  videoIn: (body: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<OpenedOutput> {
  const response = await requestOutput(guarded, link, signal)
  return sniffed(response, { refused: refusalOf(response), video: videoIn(response.body), bytes: null })
}
