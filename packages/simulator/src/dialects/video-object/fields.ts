import type { Phase } from '../../phase.ts'
import { textField } from '../../request.ts'
import type { Task, TaskView } from '../../task.ts'

/** The creation time as the dialects print it: whole seconds, or the milliseconds that some servers leak. */
export function createdAt(task: Task): number {
  return task.script.createdInMs ? task.createdAtMs : Math.floor(task.createdAtMs / 1000)
}

export function finishedAt(view: TaskView): number | null {
  return view.finishedAtMs === null ? null : Math.floor(view.finishedAtMs / 1000)
}

export function modelOf(task: Task): string {
  return task.script.model ?? task.model
}

export function secondsOf(task: Task, secondsDefault: string): string {
  if (task.script.seconds !== null) return task.script.seconds
  return textField(task.fields, 'seconds') || secondsDefault
}

const PROGRESS: Readonly<Record<Phase, number>> = {
  queued: 0,
  running: 50,
  done: 100,
  failed: 50,
  error: 50,
  cancelled: 50,
}

/** The step's own progress, or what a server of this kind would say: by the clock, the share. `null` means absent. */
export function progressOf(view: TaskView): number | string | null {
  if (view.progress !== undefined) return view.progress
  if (view.share === null || view.phase !== 'running') return PROGRESS[view.phase]
  return Math.min(99, Math.floor(view.share * 100))
}

/** The four words of OpenAI's shape; `error` and `cancelled` have none of their own. */
const WORDS: Readonly<Record<Phase, string>> = {
  queued: 'queued',
  running: 'in_progress',
  done: 'completed',
  failed: 'failed',
  error: 'failed',
  cancelled: 'failed',
}

export function openaiWord(view: TaskView): string {
  return view.word ?? WORDS[view.phase]
}

export function isFailure(view: TaskView): boolean {
  return view.phase === 'failed' || view.phase === 'error' || view.phase === 'cancelled'
}

/** The same object without the keys whose value is undefined. */
export function present(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
