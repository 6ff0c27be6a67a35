import type { GuardedClient } from '../net/guarded-fetch.ts'
import { InputRefused, type FetchInput } from './deps.ts'

const INPUT_TIMEOUT_MS = 60_000

/** Fetches input files that requests name by their URLs, through the guard. */
export function inputFetcher(guarded: GuardedClient): FetchInput {
  return async (url, { bytesMax, signal }) => {
    try {
      const response = await guarded.open({
        url,
        trust: { from: 'user' },
        totalTimeoutMs: INPUT_TIMEOUT_MS,
        redirectsMax: 3,
        bytesMax,
        signal,
      })
      if (response.status === 200) return response.body
      response.close()
      throw new InputRefused(`the server answered ${response.status}`)
    } catch (error) {
      if (error instanceof InputRefused) throw error
      throw new InputRefused(error instanceof Error ? error.message : String(error), { cause: error })
    }
  }
}
