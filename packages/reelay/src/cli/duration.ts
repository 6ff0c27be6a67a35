const UNITS: readonly (readonly [string, number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
]

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
