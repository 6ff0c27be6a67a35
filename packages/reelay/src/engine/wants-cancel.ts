import { canCancel } from '../task/decide-end.ts'
import type { Task } from '../task/task.ts'

/** The client asked for a cancel (or deleted the task), and the state allows acting on it. */
export const wantsCancel = (task: Task): boolean => task.cancelRequestedAtMs !== null && canCancel(task.state)
