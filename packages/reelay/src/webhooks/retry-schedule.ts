/** When the attempts of a delivery happen: the pause before each, in milliseconds. The first is made at once. */
export type RetrySchedule = readonly number[]

/** What the Standard Webhooks specification proposes: ten attempts over three days. */
export const STANDARD_SCHEDULE = '0s,5s,5m,30m,2h,5h,10h,14h,20h,24h'

const STEPS_MAX = 30
const PAUSE_MS_MAX = 365 * 86_400_000
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const STEP = /^(\d{1,9})(ms|s|m|h|d)$/

/** `0s,5s,5m`: undefined when the text is no such list, does not begin with no pause, or has one of more than a year. */
export function parseRetrySchedule(text: string): RetrySchedule | undefined {
  const steps = text.split(',').map((part) => {
    const match = STEP.exec(part.trim())
    const stepMs = match === null ? Infinity : Number(match[1]) * (UNIT_MS[match[2] ?? ''] ?? 1)
    return stepMs > PAUSE_MS_MAX ? undefined : stepMs
  })
  const known = steps.filter((step) => step !== undefined)
  const isList = known.length === steps.length && known.length <= STEPS_MAX && known[0] === 0
  return isList ? known : undefined
}
