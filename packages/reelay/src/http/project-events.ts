import type { Store } from '../store/store.ts'
import type { Task } from '../task/task.ts'
import type { StatusProfile } from '../task/wire-status.ts'
import { LATE_MS } from './change-hub.ts'
import { deletedFrame, placeFrame, videoFrame } from './event-frames.ts'
import type { EventSource } from './event-stream.ts'
import type { TaskView } from './task-view.ts'

/** Videos that are sent together, and that are read together while catching up. */
const PAGE_MAX = 50
/** Videos that wait for a slow client. Beyond it, what changed is read when the client has room again. */
const WAITING_MAX = 256

export type ProjectEventsParts = {
  store: Pick<Store, 'changedTasks'>
  profile: StatusProfile
  projectId: string
  /** Changes from then on are told; null: from now on. */
  sinceMs: number | null
  nowMs: number
  viewOf: (task: Task) => Promise<TaskView>
  release: () => void
}

/**
 * The videos of a project whenever one changes: the newest state of each, not every one that it went through. What waits is
 * bounded; a client that is too far behind catches up page by page, at its own pace.
 */
export class ProjectEvents implements EventSource {
  readonly #parts: ProjectEventsParts
  /** The one that waits longest comes first. */
  readonly #waiting = new Map<string, TaskView>()
  /** Where the next page begins; null when nothing has to be caught up on. */
  #behind: { updatedAtMs: number; id: string } | null
  /** The same for what was lost while catching up. */
  #behindAgain: { updatedAtMs: number; id: string } | null = null
  /** Everything that changed before then was sent. */
  #sentMs: number
  #isOpened = false

  constructor(parts: ProjectEventsParts) {
    this.#parts = parts
    this.#sentMs = parts.sinceMs ?? parts.nowMs
    this.#behind = parts.sinceMs === null ? null : placeBefore(parts.sinceMs)
  }

  changed(view: TaskView): void {
    // Again at the end: what is sent first is never newer than what waits.
    this.#waiting.delete(view.task.id)
    this.#waiting.set(view.task.id, view)
    if (this.#waiting.size > WAITING_MAX) this.lost()
  }

  /** What happened is not known, or is too much: it is read from where the client surely is. */
  lost(): void {
    const oldestMs = Math.min(
      this.#sentMs,
      ...Array.from(this.#waiting.values(), ({ task }) => task.updatedAtMs),
    )
    this.#waiting.clear()
    const place = placeBefore(oldestMs)
    if (this.#behind === null) this.#behind = place
    else this.#behindAgain ??= place
  }

  async next(): Promise<string | undefined> {
    if (!this.#isOpened) {
      this.#isOpened = true
      // A client that loses the connection before anything happens must not miss what happens then.
      if (this.#parts.sinceMs === null) return placeFrame(String(this.#parts.nowMs))
    }
    while (this.#behind !== null) {
      const frames = await this.#catchUp(this.#behind)
      if (frames !== '') return frames
    }
    if (this.#waiting.size === 0) return undefined
    const views = [...this.#waiting.values()].slice(0, PAGE_MAX)
    for (const { task } of views) this.#waiting.delete(task.id)
    return this.#framesOf(views)
  }

  release(): void {
    this.#parts.release()
  }

  async #catchUp(after: { updatedAtMs: number; id: string }): Promise<string> {
    const { store, projectId, viewOf } = this.#parts
    const { tasks, hasMore } = await store.changedTasks({ projectId, after, limit: PAGE_MAX })
    const last = tasks.at(-1)
    if (last !== undefined && hasMore) this.#behind = { updatedAtMs: last.updatedAtMs, id: last.id }
    else {
      this.#behind = this.#behindAgain
      this.#behindAgain = null
    }
    const views: TaskView[] = []
    for (const task of tasks) {
      // What waits must not be older than what is sent now.
      if ((this.#waiting.get(task.id)?.task.version ?? Infinity) <= task.version)
        this.#waiting.delete(task.id)
      views.push(await viewOf(task))
    }
    return this.#framesOf(views)
  }

  #framesOf(views: readonly TaskView[]): string {
    return views.map((view) => this.#frameOf(view)).join('')
  }

  #frameOf(view: TaskView): string {
    const { id, updatedAtMs } = view.task
    this.#sentMs = Math.max(this.#sentMs, updatedAtMs)
    const place = String(updatedAtMs)
    return view.isDeleted ? deletedFrame(place, id) : videoFrame(place, view.video(this.#parts.profile))
  }
}

/** Commits are not seen in the order of their times: what is told twice does no harm. */
const placeBefore = (ms: number): { updatedAtMs: number; id: string } => ({
  updatedAtMs: ms - LATE_MS,
  id: '',
})
