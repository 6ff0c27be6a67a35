import type { TargetHealth } from '../store/webhook-store.ts'

/** Requests under way to one address at a time. */
const REQUESTS_MAX = 4
/** From so many failures in a row on, an address gets one request at a time, and a pause between them. */
const FAILURES_MAX = 10
/** The pause doubles with each further failure, up to this many times the first one. */
const PAUSE_FACTOR_MAX = 64
/** However long a schedule's own pauses are, an address is tried again after this. */
const PAUSE_MS_MAX = 15 * 60_000
/** An endpoint that has done nothing but fail for so long is disabled. */
const LOST_AFTER_MS: number = 5 * 24 * 3_600_000

export const HEALTHY: TargetHealth = { failures: 0, failingSinceMs: null, openUntilMs: null }

/** How many requests an address may have under way: one, as a probe, while its circuit is not closed. */
export const requestsMax = ({ failures }: TargetHealth): number =>
  failures >= FAILURES_MAX ? 1 : REQUESTS_MAX

/**
 * An address's record after one more attempt. One success closes the circuit.
 * @param pauseMs the first pause of an open circuit
 */
export function healthAfter(
  health: TargetHealth,
  { worked, nowMs, pauseMs }: { worked: boolean; nowMs: number; pauseMs: number },
): TargetHealth {
  if (worked) return HEALTHY
  // Requests that were under way together fail together: they are one failure of the probe, not several.
  if (health.openUntilMs !== null && health.openUntilMs > nowMs) return health
  const failures = health.failures + 1
  const failingSinceMs = health.failingSinceMs ?? nowMs
  if (failures < FAILURES_MAX) return { failures, failingSinceMs, openUntilMs: null }
  const factor = Math.min(PAUSE_FACTOR_MAX, 2 ** Math.min(30, failures - FAILURES_MAX))
  return { failures, failingSinceMs, openUntilMs: nowMs + Math.min(pauseMs * factor, PAUSE_MS_MAX) }
}

/**
 * True when nothing has reached the address for days: a person has to look at it. A few failures are not enough: between
 * two of them the gateway may have been off.
 */
export const isLost = ({ failures, failingSinceMs }: TargetHealth, nowMs: number): boolean =>
  failures >= FAILURES_MAX && failingSinceMs !== null && nowMs - failingSinceMs >= LOST_AFTER_MS
