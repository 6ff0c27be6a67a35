import type { Store, TimelineEntry } from '../store/store.ts'
import { isTerminal } from '../task/state.ts'
import type { StatusProfile } from '../task/wire-status.ts'
import type { ChangeHub } from './change-hub.ts'
import { deletedFrame, timelineFrame, videoFrame } from './event-frames.ts'
import type { EventSource } from './event-stream.ts'
import type { TaskView } from './task-view.ts'

/** Entries of the timeline that are sent together. */
const PAGE_MAX = 100

/** What a client has: the timeline up to `seq`, and the video of that version. */
export type TaskPlace = { seq: number; version: number | null }

export type TaskEventsParts = {
  store: Pick<Store, 'timeline'>
  changes: Pick<ChangeHub, 'saw'>
  profile: StatusProfile
  place: TaskPlace
  /** The task as its own first read found it. */
  first: TaskView
  release: () => void
}

/**
 * The timeline of a task, its video whenever that changes, and the end after both. It keeps no queue: where the client is
 * in the timeline, and the newest view.
 */
export class TaskEvents implements EventSource {
  readonly #parts: TaskEventsParts
  #view: TaskView
  #seq: number
  #version: number | null
  /** Whether what the hub tells follows on what was sent. */
  #isCaughtUp = false
  #hasTold = false

  constructor(parts: TaskEventsParts) {
    this.#parts = parts
    this.#view = parts.first
    this.#seq = parts.place.seq
    this.#version = parts.place.version
  }

  changed(view: TaskView): void {
    if (view.task.version < this.#view.task.version) return
    this.#view = view
    if (view.seq !== undefined && view.seq <= this.#seq) return
    // The gap has to be read: it was too much to be kept, or the hub does not know the timeline yet.
    if (!view.entries.some(({ seq }) => seq === this.#seq + 1)) this.#isCaughtUp = false
  }

  async next(): Promise<string | undefined | null> {
    const view = this.#view
    const { task } = view
    if (view.isDeleted) return this.#hasTold ? null : this.#tellDeleted(task.id)
    const entries = await this.#entries(task.id)
    if (entries.length > 0) {
      this.#seq = entries.at(-1)?.seq ?? this.#seq
      return entries.map(timelineFrame).join('')
    }
    // What happened while the timeline was read comes first.
    if (this.#view !== view) return this.next()
    if (this.#version !== task.version) {
      this.#version = task.version
      return videoFrame(`${this.#seq}v${task.version}`, view.video(this.#parts.profile))
    }
    return isTerminal(task.state) ? null : undefined
  }

  release(): void {
    this.#parts.release()
  }

  async #entries(taskId: string): Promise<readonly TimelineEntry[]> {
    if (this.#isCaughtUp) return this.#view.entries.filter(({ seq }) => seq > this.#seq).slice(0, PAGE_MAX)
    this.#isCaughtUp = true
    const page = await this.#parts.store.timeline(taskId, { seq: this.#seq, limit: PAGE_MAX })
    if (page.length === PAGE_MAX) this.#isCaughtUp = false
    else this.#parts.changes.saw(taskId, this.#view.task.version, page.at(-1)?.seq ?? this.#seq)
    return page
  }

  #tellDeleted(id: string): string {
    this.#hasTold = true
    return deletedFrame(String(this.#seq), id)
  }
}
