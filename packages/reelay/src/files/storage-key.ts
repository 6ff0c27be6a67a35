import type { Task } from '../task/task.ts'

export const EXTENSIONS: Readonly<Record<string, string>> = {
  'video/mp4': 'mp4',
  'video/quicktime': 'mov',
  'video/webm': 'webm',
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/webp': 'webp',
  'image/gif': 'gif',
}

/** Three plain names: none is hidden, `.` or `..`, so a key can never mean anything but a file of its own. */
const KEY_PATTERN = /^[a-z]+\/[A-Za-z0-9_][A-Za-z0-9_.-]*\/[A-Za-z0-9_][A-Za-z0-9_.-]*$/

/** Keys are made by this program; the check is for the day when one is not. @throws Error */
export function requireKey(key: string): string {
  if (!KEY_PATTERN.test(key)) throw new Error(`not a storage key: ${key}`)
  return key
}

/** `inputs`, `videos` or one task's folder in them, checked by the name of a file below. @throws Error */
export function folderOf(folder: string): string {
  requireKey(folder.includes('/') ? `${folder}/any` : `${folder}/any/any`)
  return folder
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
  return `${OUTPUTS}/${task.id}/${task.attempt?.n ?? 0}.${fence}.${role}.${index}.${EXTENSIONS[mime] ?? 'bin'}`
}

/** The fence in the name of an output's file; undefined for a name that `storageKey` did not make. */
export function fenceOfName(name: string): number | undefined {
  const fence = /^\d+\.(\d+)\.[a-z_]+\.\d+\.[a-z0-9]+$/.exec(name)?.[1]
  return fence === undefined ? undefined : Number(fence)
}

/** Where the outputs of all tasks are: one folder for each, named like the task. */
export const OUTPUTS = 'videos'

/** Everything that was ever kept of a task's outputs, by whichever attempt. */
export const outputFolder = (taskId: string): string => `${OUTPUTS}/${taskId}`

/** Where the inputs of all tasks are: one folder for each, named like the task. */
export const INPUTS = 'inputs'

/** Everything that was kept of a task's inputs. */
export const inputFolder = (taskId: string): string => `${INPUTS}/${taskId}`

/** Where an input is kept until its task ends. */
export const inputKey = (taskId: string, index: number, mime: string): string =>
  `${inputFolder(taskId)}/${index}.${EXTENSIONS[mime] ?? 'bin'}`
