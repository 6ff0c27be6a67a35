/** What a task is doing, before a dialect puts it into its own words. */
export type Phase = 'queued' | 'running' | 'done' | 'failed' | 'error' | 'cancelled'

export const PHASES: readonly Phase[] = ['queued', 'running', 'done', 'failed', 'error', 'cancelled']

const PHASE_OF_WORD: Readonly<Record<string, Phase>> = {
  queued: 'queued',
  pending: 'queued',
  submitted: 'queued',
  not_start: 'queued',
  created: 'queued',
  in_queue: 'queued',
  starting: 'queued',
  throttled: 'queued',
  completed: 'done',
  complete: 'done',
  success: 'done',
  succeeded: 'done',
  succeed: 'done',
  finished: 'done',
  done: 'done',
  failed: 'failed',
  failure: 'failed',
  fail: 'failed',
  nsfw: 'failed',
  expired: 'failed',
  cancelled: 'cancelled',
  canceled: 'cancelled',
  error: 'error',
  aborted: 'error',
}

/** The phase behind a raw status word of any provider; a word nobody knows counts as running. */
export function phaseOfWord(word: string): Phase {
  return PHASE_OF_WORD[word.toLowerCase()] ?? 'running'
}

export function isTerminal(phase: Phase): boolean {
  return phase !== 'queued' && phase !== 'running'
}
