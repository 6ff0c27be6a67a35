import type { Task } from './task.ts'

/** The job was made elsewhere: when it began is not known here, and nothing is ever submitted for the task. */
export const isAdopted = ({ attempt, candidates }: Pick<Task, 'attempt' | 'candidates'>): boolean =>
  attempt !== null && candidates.length === 0
