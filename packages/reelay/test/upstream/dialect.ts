import type { Ids } from '../../src/system/ids.ts'
import type { Answer } from './answer.ts'
import type { Submission } from './submission.ts'
import type { Task, TaskView } from './task.ts'

export interface ListQuery {
  readonly after: string | null
  readonly limit: number | null
  readonly order: 'asc' | 'desc'
}

/** How one family of servers speaks. Every method only shapes an answer; none changes a task. */
export interface Dialect {
  readonly name: string
  /** Whether a request without a Bearer key is a 401 although no keys were configured. */
  readonly needsKey: boolean
  readonly modelDefault: string
  readonly models: readonly string[]
  newId(ids: Ids, nowMs: number): string
  /** Why the create is refused, or null. */
  refusal(submission: Submission): Answer | null
  created(task: Task): Answer
  /** `linkUrl` is null when the task has no link to show. */
  polled(view: TaskView, linkUrl: string | null): Answer
  /** The content of a task that is not done. */
  notReady(view: TaskView): Answer
  missing(id: string): Answer
  error(status: number, code: string, message: string): Answer
  /** A path that this family does not route. */
  unrouted(path: string): Answer
  /** Absent where there is no such route. */
  deleted?(view: TaskView): { readonly answer: Answer; readonly removes: boolean }
  listed?(views: readonly TaskView[], query: ListQuery): Answer
  readonly remixes: boolean
}
