/**
 * Durations on a logarithmic scale: bin `i` lies between the edges `i` and `i + 1`. One per cent wide, so that a bin is small
 * against any pause between two looks, for jobs of a second and for jobs of a week.
 */
const LOG_RATIO = Math.log(1.01)
const SHORTEST_MS = 10
const LONGEST_MS = 7 * 24 * 3_600_000

const edgeOf = (ms: number): number => Math.log(Math.max(SHORTEST_MS, ms) / SHORTEST_MS) / LOG_RATIO

/** Bins are 0..BINS-1, edges 0..BINS. */
export const BINS: number = Math.ceil(edgeOf(LONGEST_MS))

/** Bins that a factor spans, given as its natural logarithm. */
export const binsOfLog = (log: number): number => log / LOG_RATIO

/** What is shorter counts as nothing: the first edge is where a job begins. */
export const edgeMs = (edge: number): number => (edge <= 0 ? 0 : SHORTEST_MS * Math.exp(edge * LOG_RATIO))

/** The edge nearest to a duration. */
export const nearestEdge = (ms: number): number => Math.min(BINS, Math.round(edgeOf(ms)))

/** The bin that holds a duration. */
export const binOf = (ms: number): number => Math.min(BINS - 1, Math.floor(edgeOf(ms)))
