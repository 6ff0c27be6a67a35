/** What a status word means, whoever says it. */
export type StatusMeaning = 'waiting' | 'running' | 'done' | 'failed' | 'cancelled' | 'expired' | 'moderated'

const MEANINGS: ReadonlyMap<string, StatusMeaning> = new Map([
  ['', 'waiting'],
  ['queued', 'waiting'],
  ['pending', 'waiting'],
  ['submitted', 'waiting'],
  ['not_start', 'waiting'],
  ['notstarted', 'waiting'],
  ['created', 'waiting'],
  ['starting', 'waiting'],
  ['preparing', 'waiting'],
  ['in_queue', 'waiting'],
  ['throttled', 'waiting'],
  ['unknown', 'waiting'],
  ['in_progress', 'running'],
  ['processing', 'running'],
  ['running', 'running'],
  ['generating', 'running'],
  ['dreaming', 'running'],
  ['completed', 'done'],
  ['complete', 'done'],
  ['success', 'done'],
  ['succeeded', 'done'],
  ['succeed', 'done'],
  ['finished', 'done'],
  ['done', 'done'],
  ['failed', 'failed'],
  ['failure', 'failed'],
  ['fail', 'failed'],
  ['error', 'failed'],
  ['cancelled', 'cancelled'],
  ['canceled', 'cancelled'],
  ['deleted', 'cancelled'],
  ['expired', 'expired'],
  ['nsfw', 'moderated'],
])

/**
 * The closed table of status words of OpenAI-shaped servers, in any case: they mix several vocabularies. Null for a
 * word that it does not have, which says nothing about the job.
 */
export function meaningOfStatus(word: string): StatusMeaning | null {
  return MEANINGS.get(word.trim().toLowerCase()) ?? null
}
