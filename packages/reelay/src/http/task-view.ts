import type { Artifact, TimelineEntry } from '../store/store.ts'
import type { Clock } from '../system/clock.ts'
import type { Task } from '../task/task.ts'
import type { StatusProfile } from '../task/wire-status.ts'
import type { HttpSettings } from './deps.ts'
import { videoObject } from './video-object.ts'

export type TaskViewParts = {
  task: Task
  /** Of a completed task; none else. */
  artifacts: readonly Artifact[]
  /** The newest entries of its timeline, without a gap, where somebody follows it. */
  entries: readonly TimelineEntry[]
  /** Up to where its timeline was read; undefined when it was not. */
  seq: number | undefined
  settings: HttpSettings
  clock: Pick<Clock, 'nowMs'>
}

/** A task as it was at one moment, read once and shown to everybody who watches it. */
export class TaskView {
  readonly task: Task
  readonly artifacts: readonly Artifact[]
  readonly entries: readonly TimelineEntry[]
  readonly seq: number | undefined
  readonly #settings: HttpSettings
  readonly #clock: Pick<Clock, 'nowMs'>
  readonly #shown = new Map<StatusProfile, string>()

  constructor({ task, artifacts, entries, seq, settings, clock }: TaskViewParts) {
    this.task = task
    this.artifacts = artifacts
    this.entries = entries
    this.seq = seq
    this.#settings = settings
    this.#clock = clock
  }

  get isDeleted(): boolean {
    return this.task.deletedAtMs !== null
  }

  /** The video object as JSON. Made once for each profile, however many clients see it. */
  video(profile: StatusProfile): string {
    const known = this.#shown.get(profile)
    if (known !== undefined) return known
    const { publicUrl, linkKeys, linkTtlMs } = this.#settings
    const view = { profile, publicUrl, linkKeys, linkTtlMs, nowMs: this.#clock.nowMs() }
    const shown = JSON.stringify(videoObject(this.task, this.artifacts, view))
    this.#shown.set(profile, shown)
    return shown
  }
}
