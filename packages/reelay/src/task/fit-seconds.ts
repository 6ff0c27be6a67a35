import type { SecondsRange } from '@reelay/sdk'
import type { Fit, FitTarget } from './fit.ts'

function legalSeconds(range: SecondsRange): string {
  if (range.values !== null) return range.values.join(', ')
  return range.min === range.max ? String(range.min) : `a whole number from ${range.min} to ${range.max}`
}

function isLegal(seconds: number, range: SecondsRange): boolean {
  if (range.values !== null) return range.values.includes(seconds)
  return Number.isInteger(seconds) && seconds >= range.min && seconds <= range.max
}

/** The nearest legal length; of two that are equally near, the shorter, which costs less. */
function nearestSeconds(seconds: number, range: SecondsRange): number {
  if (range.values === null) {
    return Math.min(Math.max(Math.ceil(seconds - 0.5), range.min), range.max)
  }
  const byDistance = range.values.toSorted((a, b) => Math.abs(a - seconds) - Math.abs(b - seconds) || a - b)
  return byDistance[0] ?? range.min
}

export function fitSeconds(wanted: string | null, target: FitTarget): Fit<string | null> {
  if (wanted === null) return { ok: true, value: null, warnings: [] }
  const range = target.capabilities.seconds
  const seconds = /^\d{1,6}(\.\d{1,6})?$/.test(wanted.trim()) ? Number(wanted) : Number.NaN
  const isNearest = target.normalize === 'nearest' && !Number.isNaN(seconds)
  if (range === null) {
    if (isNearest) return { ok: true, value: null, warnings: ['seconds_normalised'] }
    const message = `The model ${target.model} chooses the length itself: leave seconds out.`
    return { ok: false, param: 'seconds', message }
  }
  if (isLegal(seconds, range)) return { ok: true, value: String(seconds), warnings: [] }
  if (isNearest) {
    return { ok: true, value: String(nearestSeconds(seconds, range)), warnings: ['seconds_normalised'] }
  }
  const message = `The model ${target.model} makes videos of other lengths: seconds is ${legalSeconds(range)}.`
  return { ok: false, param: 'seconds', message }
}
