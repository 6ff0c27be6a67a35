/** What a task is doing, as stored. Not what clients see: see wire-status.ts. */
export type TaskState =
  | 'queued'
  | 'submitting'
  | 'unknown'
  | 'running'
  | 'archiving'
  | 'completed'
  | 'failed'
  | 'error'

/**
 * The whole state table: nothing else is legal. A look that brings no news is a reschedule, not a transition, so no
 * state lists itself.
 */
export const NEXT: Readonly<Record<TaskState, readonly TaskState[]>> = {
  queued: ['submitting', 'failed', 'error'],
  submitting: ['running', 'archiving', 'queued', 'failed', 'unknown'],
  unknown: ['running', 'archiving', 'queued', 'error'],
  running: ['archiving', 'failed', 'error'],
  archiving: ['completed', 'running', 'failed', 'error'],
  completed: [],
  failed: [],
  error: [],
}

export const TASK_STATES: readonly TaskState[] = [
  'queued',
  'submitting',
  'unknown',
  'running',
  'archiving',
  'completed',
  'failed',
  'error',
]

export const isTerminal = (state: TaskState): boolean => NEXT[state].length === 0

/** True for a legal change of state, and for staying put (a reschedule). */
export const mayMove = (from: TaskState, to: TaskState): boolean => from === to || NEXT[from].includes(to)
