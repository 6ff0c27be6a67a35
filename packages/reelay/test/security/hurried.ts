import type { Provider } from '../../src/providers/provider.ts'

const TIMING = {
  firstPollMs: 5,
  intervalMs: 5,
  intervalMaxMs: 20,
  missingGraceMs: 60_000,
  deadlineMs: 3_600_000,
}
const PACING = { perSecond: 2_000, burst: 2_000, inFlightMax: 1_000 }

/** The same provider, looked at every few milliseconds: for servers on this machine. */
export const hurried = (_account: string, provider: Provider): Provider => ({
  ...provider,
  traits: { ...provider.traits, timing: TIMING, pacing: PACING },
})
