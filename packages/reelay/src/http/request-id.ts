import type { Ids } from '../system/ids.ts'

const REQUEST_ID = /^[\w.:-]{8,128}$/

/** The caller's own request id when it is a sane one, so that logs can be joined; else a new one. */
export function requestIdOf(given: string | null, ids: Ids, nowMs: number): string {
  return given !== null && REQUEST_ID.test(given) ? given : ids.id('req', nowMs)
}
