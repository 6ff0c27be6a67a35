import type { Task } from '../task/task.ts'

const EXTENSIONS: Readonly<Record<string, string>> = {
  'video/mp4': 'mp4',
  'video/quicktime': 'mov',
  'video/webm': 'webm',
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/webp': 'webp',
  'image/gif': 'gif',
}

/**
 * Where an output is kept. Attempt and fence are part of it, so that two processes that believe they own a task can never
 * write the same object; the commit names the winner.
 */
export function storageKey(
  task: Pick<Task, 'id' | 'attempt'>,
  fence: number,
  role: string,
  index: number,
  mime: string,
): string {
  return `videos/${task.id}/${task.attempt?.n ?? 0}.${fence}.${role}.${index}.${EXTENSIONS[mime] ?? 'bin'}`
}

/** The fence in the name of an output's file; undefined for a name that `storageKey` did not make. */
export function fenceOfName(name: string): number | undefined {
  const fence = /^\d+\.(\d+)\.[a-z_]+\.\d+\.[a-z0-9]+$/.exec(name)?.[1]
  return fence === undefined ? undefined : Number(fence)
}

/** Everything that was ever kept of a task's outputs, by whichever attempt. */
export const outputFolder = (taskId: string): string => `videos/${taskId}`

/** Where the inputs of all tasks are: one folder for each, named like the task. */
export const INPUTS = 'inputs'

/** Everything that was kept of a task's inputs. */
export const inputFolder = (taskId: string): string => `${INPUTS}/${taskId}`

/** Where an input is kept until its task ends. */
export const inputKey = (taskId: string, index: number, mime: string): string =>
  `${inputFolder(taskId)}/${index}.${EXTENSIONS[mime] ?? 'bin'}`
