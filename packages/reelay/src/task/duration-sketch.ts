import { BINS, binOf, edgeMs, nearestEdge } from './duration-bins.ts'
import type { DurationSample } from './task.ts'

/**
 * How many jobs were seen to end within an interval, whose ends are edges of the scale in whole milliseconds. `era` counts up as
 * jobs end: it tells old from new without a clock, so that what is forgotten depends on what was seen since.
 */
export type DurationCell = { era: number; lowerMs: number; upperMs: number; seen: number }

/**
 * What was seen of one kind of job: interval-censored durations, counted on a logarithmic scale. Counts only add up, so what
 * several processes saw merges in any order to the same.
 */
export type DurationSketch = readonly DurationCell[]

/** Durations in an era: a new one begins once the newest has so many. */
export const ERA_SEEN = 20
/** Eras kept; older ones are forgotten altogether. It bounds a sketch. */
export const ERAS_KEPT = 20

const byPlace = (a: DurationCell, b: DurationCell): number =>
  a.era - b.era || a.lowerMs - b.lowerMs || a.upperMs - b.upperMs

/** The interval of a sample on the scale, at least one bin wide. A finish time that the provider told is one bin. */
export function intervalOf({ lowerMs, upperMs, exactMs }: DurationSample): {
  lowerMs: number
  upperMs: number
} {
  const lower = exactMs === null ? Math.min(nearestEdge(lowerMs), BINS - 1) : binOf(exactMs)
  const upper = exactMs === null ? Math.max(nearestEdge(upperMs), lower + 1) : lower + 1
  const startMs = Math.round(edgeMs(lower))
  return { lowerMs: startMs, upperMs: Math.max(startMs + 1, Math.round(edgeMs(upper))) }
}

/** The sum of both, in one order whatever the order of the parts. */
export function mergeSketches(one: DurationSketch, other: DurationSketch): DurationSketch {
  const sums = new Map<string, DurationCell>()
  for (const cell of [...one, ...other]) {
    const key = `${cell.era} ${cell.lowerMs} ${cell.upperMs}`
    sums.set(key, { ...cell, seen: (sums.get(key)?.seen ?? 0) + cell.seen })
  }
  return [...sums.values()].toSorted(byPlace)
}

/** The era of the next duration, after a newest one in which so many were seen. */
export const eraAfter = (newest: number, seen: number): number => (seen >= ERA_SEEN ? newest + 1 : newest)

/** With one more duration, and without what is too old. */
export function addDuration(sketch: DurationSketch, sample: DurationSample): DurationSketch {
  const newest = newestEra(sketch)
  const era = eraAfter(newest, seenIn(sketch.filter((cell) => cell.era === newest)))
  const kept = sketch.filter((cell) => cell.era > era - ERAS_KEPT)
  return mergeSketches(kept, [{ era, ...intervalOf(sample), seen: 1 }])
}

export const newestEra = (sketch: DurationSketch): number =>
  sketch.reduce((newest, { era }) => Math.max(newest, era), 0)

/** How many durations it holds. */
export const seenIn = (sketch: DurationSketch): number => sketch.reduce((sum, { seen }) => sum + seen, 0)
