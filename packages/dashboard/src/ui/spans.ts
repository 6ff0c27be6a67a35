import type { Choice } from './select.tsx'

const HOUR = 3_600
const DAY = 86_400

const NAMES: readonly (readonly [seconds: number, label: string])[] = [
  [0, 'At once'],
  [HOUR, '1 hour'],
  [DAY, '1 day'],
  [7 * DAY, '7 days'],
  [30 * DAY, '30 days'],
  [90 * DAY, '90 days'],
  [365 * DAY, '1 year'],
]

/** The usual spans of time from one to another, as what a select offers. Their values are seconds. */
export const spansBetween = (minSeconds: number, maxSeconds: number): Choice[] =>
  NAMES.filter(([seconds]) => seconds >= minSeconds && seconds <= maxSeconds).map(([seconds, label]) => ({
    value: String(seconds),
    label,
  }))
