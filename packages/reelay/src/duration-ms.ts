const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `24h`: a whole number with s, m, h or d. Undefined for what is none. */
export function durationMs(value: string): number | undefined {
  const [, count, unit = ''] = /^(\d{1,9})([smhd])$/.exec(value) ?? []
  const unitMs = UNIT_MS[unit]
  return count === undefined || unitMs === undefined ? undefined : Number(count) * unitMs
}
