import type { RejectionCode, StartOutcome } from '../task/verdict.ts'
import { ProbeUnavailable } from './provider.ts'

/** The provider refused, for good and in its own words, something that the create needs. */
export class PreparationRefused extends Error {
  override readonly name = 'PreparationRefused'
  readonly code: RejectionCode
  constructor(refusal: { code: RejectionCode; detail: string }) {
    super(refusal.detail)
    this.code = refusal.code
  }
}

/**
 * Does what a create needs beforehand and what costs nothing, such as uploads: whatever fails here, no video was asked
 * for.
 */
export async function beforeSubmit<Ready>(
  prepare: () => Promise<Ready>,
  nowMs: () => number,
): Promise<{ ready: Ready } | { outcome: StartOutcome }> {
  try {
    return { ready: await prepare() }
  } catch (error) {
    if (error instanceof PreparationRefused) {
      return { outcome: { kind: 'rejected', code: error.code, detail: error.message } }
    }
    if (!(error instanceof ProbeUnavailable)) throw error
    const { pauseAccountMs } = error
    const pause = pauseAccountMs === undefined ? {} : { pauseAccountMs, retryAtMs: nowMs() + pauseAccountMs }
    return { outcome: { kind: 'not_sent', detail: `No video was asked for yet. ${error.message}`, ...pause } }
  }
}
