import { ACCOUNT_PAUSE_MS, THROTTLE_PAUSE_MS } from './classify-submit.ts'
import { ProbeUnavailable } from './provider.ts'
import { readRetryAfter } from './retry-after.ts'
import { UpstreamFailed } from './upstream-failed.ts'
import type { UpstreamAnswer } from './upstream.ts'

function pauseOf(answer: UpstreamAnswer, nowMs: number): number | undefined {
  switch (answer.status) {
    case 401:
    case 402:
    case 403:
      return ACCOUNT_PAUSE_MS
    case 429:
      return readRetryAfter(answer.headers.get('retry-after'), nowMs) ?? THROTTLE_PAUSE_MS
    case 503:
      return readRetryAfter(answer.headers.get('retry-after'), nowMs) ?? undefined
    default:
      return undefined
  }
}

function describe(answer: UpstreamAnswer): string {
  const type = answer.headers.get('content-type') ?? 'no content type'
  if (answer.status >= 300 && answer.status < 400)
    return `redirected (HTTP ${answer.status}): check its base URL`
  if (answer.text === '') return `answered nothing (HTTP ${answer.status})`
  return `answered something that is not this job (HTTP ${answer.status}, ${type.slice(0, 80)})`
}

/** A look that gave no verdict: what the engine gets for every answer that is not the provider's word on this job. */
export function probeFault(result: UpstreamAnswer | UpstreamFailed, nowMs: number): ProbeUnavailable {
  if (result instanceof UpstreamFailed) {
    const pauseAccountMs = result.kind === 'credentials' ? ACCOUNT_PAUSE_MS : undefined
    return new ProbeUnavailable(result.message, { cause: result, pauseAccountMs })
  }
  return new ProbeUnavailable(`The provider ${describe(result)}.`, { pauseAccountMs: pauseOf(result, nowMs) })
}
