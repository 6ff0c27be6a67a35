import type { Clock } from '../../src/system/clock.ts'

/** Sleeps as `clock` does, and tells the real time, by which the simulator looks at signatures. */
export function presentClock(clock: Clock): Clock {
  return {
    nowMs: () => Date.now(),
    monotonicMs: () => clock.monotonicMs(),
    sleep: async (ms, signal) => clock.sleep(ms, signal),
  }
}
