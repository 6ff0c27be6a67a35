/** Longest that an answer is held: below what proxies and clients usually wait for one. */
const WAIT_SECONDS_MAX = 25

/**
 * How many whole seconds the `Prefer` header asks to hold the answer (RFC 7240), at most 25. 0 when it does not ask;
 * preferences that cannot be read are ignored, as the RFC wants.
 */
export function preferredWaitSeconds(prefer: string | null): number {
  const preferences = (prefer ?? '').split(',', 20)
  for (const preference of preferences) {
    const match = /^\s*wait\s*=\s*"?(\d{1,6})"?\s*(;.*)?$/i.exec(preference)
    if (match !== null) return Math.min(WAIT_SECONDS_MAX, Number(match[1]))
  }
  return 0
}
