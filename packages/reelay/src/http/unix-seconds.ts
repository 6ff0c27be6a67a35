/** A stored time as answers tell it; null stays null. */
export function unixSeconds(ms: number): number
export function unixSeconds(ms: number | null): number | null
export function unixSeconds(ms: number | null): number | null {
  return ms === null ? null : Math.floor(ms / 1_000)
}
