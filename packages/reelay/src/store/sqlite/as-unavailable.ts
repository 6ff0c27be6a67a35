import { StoreUnavailable } from '../store.ts'

/** SQLite's primary codes: busy, locked, out of memory, I/O error, full, cannot open. */
const OUTAGES: ReadonlySet<number> = new Set([5, 6, 7, 10, 13, 14])

/** The same error, or `StoreUnavailable` with it as `cause` when the same write may succeed later. */
export function asUnavailable(error: unknown): unknown {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return error
  if (!OUTAGES.has(error.errcode & 0xff)) return error
  return unavailable(error)
}

export const unavailable = (cause: unknown): StoreUnavailable => {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new StoreUnavailable(`The database cannot store anything at the moment: ${reason}.`, { cause })
}
