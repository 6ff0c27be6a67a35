import { durationMs } from './duration-ms.ts'

export const HOUR_MS = 3_600_000
export const DAY_MS: number = 24 * HOUR_MS
const KEPT_MS_MAX = 3_650 * DAY_MS

/** `keep` is null: for good. Undefined for what is no length of time, or too short or long a one. */
export function parseKept(value: string, leastMs: number): number | null | undefined {
  if (value.trim() === 'keep') return null
  const ms = durationMs(value.trim())
  return ms === undefined || ms < leastMs || ms > KEPT_MS_MAX ? undefined : ms
}

/** A video whose record is gone cannot be asked for: that its file stays must not be promised. */
export function retentionFaults(given: Readonly<Record<string, string | undefined>>): string[] {
  const { REELAY_RETENTION: files, REELAY_RETENTION_RECORDS: records } = given
  const filesMs = files === undefined ? undefined : parseKept(files, 0)
  const recordsMs = records === undefined ? undefined : parseKept(records, 0)
  if (typeof filesMs !== 'number' || typeof recordsMs !== 'number' || recordsMs >= filesMs) return []
  return [
    `REELAY_RETENTION_RECORDS (${records}) must not be shorter than REELAY_RETENTION (${files}): ` +
      'the file of a video goes with its record',
  ]
}
