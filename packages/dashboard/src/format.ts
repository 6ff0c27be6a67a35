const DATE_TIME = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' })
const RELATIVE = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })

const STEPS: readonly { unit: Intl.RelativeTimeFormatUnit; seconds: number }[] = [
  { unit: 'day', seconds: 86_400 },
  { unit: 'hour', seconds: 3_600 },
  { unit: 'minute', seconds: 60 },
]

export const formatDateTime = (unixSeconds: number): string => DATE_TIME.format(unixSeconds * 1_000)

/** For instance `3 minutes ago`. */
export function formatAge(unixSeconds: number, nowMs: number): string {
  const ageSeconds = Math.max(0, nowMs / 1_000 - unixSeconds)
  const step = STEPS.find(({ seconds }) => ageSeconds >= seconds)
  return step === undefined ? 'just now' : RELATIVE.format(-Math.floor(ageSeconds / step.seconds), step.unit)
}

/** For instance `480 ms`, `3.2 s`, `4 min 10 s` or `2 h 5 min`. */
export function formatSpan(seconds: number): string {
  if (seconds < 1) return `${Math.round(seconds * 1_000)} ms`
  if (seconds < 60) return `${Number(seconds.toFixed(1))} s`
  const whole = Math.round(seconds)
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3_600)} h ${Math.floor((whole % 3_600) / 60)} min`
}

const UNITS = ['B', 'KB', 'MB', 'GB'] as const

export function formatBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3))
  const value = bytes / 1_000 ** power
  return `${power === 0 ? value : value.toFixed(1)} ${UNITS[power] ?? 'B'}`
}
