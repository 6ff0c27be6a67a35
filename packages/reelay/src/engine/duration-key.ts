import type { Task } from '../task/task.ts'

/** Jobs that take about equally long: same account, model, length and resolution. */
export function durationKeyOf(task: Task): string {
  const { seconds, resolution, size } = task.request
  return [
    task.attempt?.account ?? '',
    task.attempt?.model ?? '',
    seconds ?? '',
    resolution ?? size ?? '',
  ].join('|')
}
