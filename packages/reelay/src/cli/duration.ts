const UNITS: readonly (readonly [string, number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
]

/** Whole seconds of `90d`, `12h`, `30m` or `45s`; undefined for what is none. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,6})([smhd])$/.exec(text)
  const unitMs = UNITS.find(([unit]) => unit === match?.[2])?.[1]
  return match === null || unitMs === undefined ? undefined : (Number(match[1]) * unitMs) / 1000
}

/** The largest unit, rounded down: `in 42s`, `in 3m`, `in 2h`, `in 5d`; `expired` once it has come. */
export function formatExpiry(atSeconds: number, nowMs: number): string {
  const restMs = atSeconds * 1000 - nowMs
  if (restMs <= 0) return 'expired'
  const [unit, unitMs] = UNITS.find((entry) => restMs >= entry[1]) ?? ['s', 1000]
  return `in ${Math.floor(restMs / unitMs)}${unit}`
}

/** The two largest units: `42s`, `3m 05s`, `2h 10m`, `5d 3h`. Less than a second is `0s`. */
export function formatDuration(durationMs: number): string {
  const wholeMs = Math.max(durationMs, 0)
  const index = UNITS.findIndex(([, unitMs]) => wholeMs >= unitMs)
  const [unit, unitMs] = UNITS[index] ?? ['s', 1000]
  const next = UNITS[index + 1]
  const first = `${Math.floor(wholeMs / unitMs)}${unit}`
  if (index === -1 || next === undefined) return first
  const rest = Math.floor((wholeMs % unitMs) / next[1])
  return `${first} ${next[0] === 'h' ? rest : String(rest).padStart(2, '0')}${next[0]}`
}

/** The largest unit: `just now`, `42s ago`, `3m ago`, `2h ago`, `5d ago`. */
export function formatAgo(thenSeconds: number, nowMs: number): string {
  const agoMs = nowMs - thenSeconds * 1000
  const [unit, unitMs] = UNITS.find((entry) => agoMs >= entry[1]) ?? ['', 0]
  return unitMs === 0 ? 'just now' : `${Math.floor(agoMs / unitMs)}${unit} ago`
}
