import { createHash } from 'node:crypto'
import type { ResultRules } from './dialect.ts'
import type { TaskView } from './task.ts'

/** Where the service's own links lead, on either port. */
export const LINK_PATH: RegExp = /^\/files\/(?<id>[^/]+)\.mp4$/u

function signatureOf(id: string, expires: string | null): string {
  return createHash('sha256')
    .update(`${id}:${expires ?? ''}`)
    .digest('hex')
    .slice(0, 16)
}

/** Milliseconds since the epoch at which a link that is given now dies; null for never. */
function expiryOf(view: TaskView, results: ResultRules): number | null {
  const ttlMs = view.task.script.linkTtlMs ?? results.ttlMs
  if (ttlMs === null) return null
  const fromMs = results.refreshes ? view.nowMs : (view.finishedAtMs ?? view.nowMs)
  return fromMs + ttlMs
}

/** A signed link to a task's result, at one of the two origins. */
export function signedLink(
  view: TaskView,
  results: ResultRules,
  origins: { readonly own: string; readonly other: string },
): string {
  const { id, script } = view.task
  const expires = expiryOf(view, results)
  const url = new URL(`/files/${encodeURIComponent(id)}.mp4`, origins[script.linkOrigin ?? results.origin])
  if (expires !== null) url.searchParams.set('expires', String(expires))
  url.searchParams.set('signature', signatureOf(id, expires === null ? null : String(expires)))
  return url.href
}

/** What is wrong with a link's query; null when it is good. */
export function linkFault(id: string, query: URLSearchParams, nowMs: number): 'signature' | 'expired' | null {
  const expires = query.get('expires')
  if (query.get('signature') !== signatureOf(id, expires)) return 'signature'
  return expires !== null && Number(expires) <= nowMs ? 'expired' : null
}
