import type { Answer } from './answer.ts'
import type { Clip } from './clips.ts'
import type { Ids } from './ids.ts'
import type { SimulatorRequest } from './request.ts'
import type { Secrets } from './secrets.ts'
import type { TaskView } from './task.ts'
import type { Uploads } from './uploads.ts'

/** What a dialect can ask of the service while it shapes an answer. None of it moves a task. */
export interface Verbs {
  /** This simulator as the caller addressed it, without a slash at the end. */
  readonly origin: string
  readonly nowMs: number
  readonly ids: Ids
  readonly secrets: Secrets
  /** The models that are served: those that the simulator was started with, else the dialect's. */
  readonly models: readonly string[]
  readonly uploads: Uploads
  /** Everything that is known, the oldest first. */
  tasks(): readonly TaskView[]
  find(id: string): TaskView | null
  /** The newest task with this client token. */
  byToken(token: string): TaskView | null
  /**
   * The link to the result; null while the task has none, and for `[up:no-url]`. It is the service's own signed one, or
   * the one at `path` of this origin, where the dialect routes it as `content`. `[up:url=…]` outranks both.
   */
  link(view: TaskView, path?: string): string | null
  /** The result itself, for answers that carry it. */
  clip(view: TaskView): Clip
  /** The result as an answer: whole, or the range that was asked for. */
  file(view: TaskView, request: SimulatorRequest): Answer
}
