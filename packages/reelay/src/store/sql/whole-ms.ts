/** Adapters of users may reckon with fractions of a millisecond, which PostgreSQL's integers refuse. Never sooner than asked. */
export const wholeMs = (ms: number): number => Math.ceil(ms)
