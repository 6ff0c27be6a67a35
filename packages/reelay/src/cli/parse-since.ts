import { isRealDay } from '../system/is-real-day.ts'
import { usageError } from './cli-error.ts'

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const DURATION = /^(\d{1,6})(s|m|h|d)$/

/** A length such as `90s`, `30m`, `2h` or `1d`, in milliseconds; undefined for other texts. */
export function parseDuration(text: string): number | undefined {
  const match = DURATION.exec(text.trim())
  return match === null ? undefined : Number(match[1]) * (UNIT_MS[match[2] ?? ''] ?? 0)
}

/**
 * A moment: so long ago, or a time with its zone.
 * @throws CliError
 */
export function parseSince(text: string, nowMs: number): Date {
  const agoMs = parseDuration(text)
  if (agoMs !== undefined) return new Date(nowMs - agoMs)
  const time = new Date(text)
  if (isRealDay(text) && !Number.isNaN(time.getTime())) return time
  throw usageError(`--since ${text} is no time`, {
    hint: 'give how long ago, such as 2h, or a time, such as 2026-09-21T12:00:00Z',
    param: 'since',
  })
}
