import type { Claim } from '../store/store.ts'
import type { Moment } from '../task/decision.ts'
import type { Timing } from '../task/schedule.ts'
import type { EngineContext } from './context.ts'

/** Used for tasks whose account is not configured any more. */
const TIMING_UNCONFIGURED: Timing = {
  firstPollMs: 60_000,
  intervalMs: 60_000,
  intervalMaxMs: 60_000,
  missingGraceMs: 300_000,
  deadlineMs: 3_600_000,
}

export function momentOf(context: EngineContext, claim: Claim, account: string): Moment {
  return {
    nowMs: context.clock.nowMs(),
    timing: context.providers.get(account)?.traits.timing ?? TIMING_UNCONFIGURED,
    random: context.random(),
    plan: undefined,
    lastLookAtMs: claim.lookedAtMs,
  }
}
