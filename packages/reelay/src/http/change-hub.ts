import type { Store, TimelineEntry } from '../store/store.ts'
import type { Clock } from '../system/clock.ts'
import type { Log } from '../system/log.ts'
import type { Task } from '../task/task.ts'
import type { HttpSettings } from './deps.ts'
import { TaskView } from './task-view.ts'

/** Tasks that are read in one query. */
const BATCH_MAX = 200
/** Changes that wait to be read. Beyond it, those who watch a project look for themselves what there is. */
const QUEUE_MAX = 10_000
/** Entries of one timeline that are kept for those who follow it. Whoever is further behind reads them himself. */
const ENTRIES_MAX = 50
/** Versions that were told to those who watch a project. Forgetting costs them a repetition. */
const TOLD_MAX = 20_000

/** Called within the hub's own turn: it must only note what it hears. */
export type TaskListener = {
  /** The task, its timeline or both are not as they were. The same may be told again. */
  changed(view: TaskView): void
  /** The store could not be asked: what happened is not known. */
  lost(): void
  /** Whether it wants the timeline too. */
  isFollower?: boolean
}

/** `seq` and `version` are what somebody has read; undefined while nobody has. */
type Watched = {
  listeners: Set<TaskListener>
  version?: number
  seq?: number
  isDeleted: boolean
  entries: readonly TimelineEntry[]
  view?: TaskView
}

type ProjectWatch = {
  listeners: Set<TaskListener>
  /** Up to where its changes were looked for. */
  checkedMs: number
}

export type ChangeHubParts = {
  store: Pick<Store, 'onChange' | 'loadTasks' | 'taskMarks' | 'changedTasks' | 'artifacts' | 'timeline'>
  settings: HttpSettings
  clock: Clock
  log: Log
  /**
   * How often to look for what others may have changed without a word of it getting here; null in a process that has the
   * database to itself.
   */
  recheckMs: number | null
}

/** How long before a change is found its time may lie: a look of the others, and how long a commit takes. */
export const LATE_MS: number = 30_000

/**
 * Who waits for which task. However many clients watch, the store has one listener, and a change is read once: nothing at
 * all is read while nothing changes.
 */
export class ChangeHub {
  readonly #parts: ChangeHubParts
  readonly #tasks = new Map<string, Watched>()
  readonly #projects = new Map<string, ProjectWatch>()
  readonly #queue = new Set<string>()
  readonly #told = new Map<string, string>()
  #isReading = false
  #idle: (() => void) | undefined

  constructor(parts: ChangeHubParts) {
    this.#parts = parts
  }

  /** Tells every change of the task until the returned function is called. */
  watchTask(taskId: string, listener: TaskListener): () => void {
    const watched = this.#tasks.get(taskId) ?? { listeners: new Set(), isDeleted: false, entries: [] }
    this.#tasks.set(taskId, watched)
    watched.listeners.add(listener)
    this.#wake()
    return () => {
      watched.listeners.delete(listener)
      if (watched.listeners.size === 0 && this.#tasks.get(taskId) === watched) this.#tasks.delete(taskId)
      this.#rest()
    }
  }

  /** Tells every change of the project's tasks until the returned function is called. */
  watchProject(projectId: string, listener: TaskListener): () => void {
    const watch = this.#projects.get(projectId) ?? {
      listeners: new Set(),
      checkedMs: this.#parts.clock.nowMs(),
    }
    this.#projects.set(projectId, watch)
    watch.listeners.add(listener)
    this.#wake()
    return () => {
      watch.listeners.delete(listener)
      if (watch.listeners.size === 0 && this.#projects.get(projectId) === watch)
        this.#projects.delete(projectId)
      if (this.#projects.size === 0) this.#told.clear()
      this.#rest()
    }
  }

  /** What a client has read itself, after it began to watch: only what differs from that is news. */
  saw(taskId: string, version: number, seq?: number): void {
    const watched = this.#tasks.get(taskId)
    if (watched === undefined) return
    watched.version ??= version
    if (seq !== undefined) watched.seq ??= seq
  }

  #wake(): void {
    if (this.#idle !== undefined) return
    const unsubscribe = this.#parts.store.onChange((taskId) => this.#note(taskId))
    const over = new AbortController()
    this.#idle = () => {
      unsubscribe()
      over.abort()
    }
    if (this.#parts.recheckMs !== null) void this.#recheckFor(this.#parts.recheckMs, over.signal)
  }

  #rest(): void {
    if (this.#tasks.size > 0 || this.#projects.size > 0) return
    this.#queue.clear()
    this.#idle?.()
    this.#idle = undefined
  }

  #note(taskId: string): void {
    if (this.#projects.size === 0 && !this.#tasks.has(taskId)) return
    if (this.#queue.size < QUEUE_MAX || this.#tasks.has(taskId)) this.#queue.add(taskId)
    else this.#lose([])
    if (!this.#isReading) void this.#drain()
  }

  /** One read at a time: what changes meanwhile is gathered, and read once after it. */
  async #drain(): Promise<void> {
    this.#isReading = true
    // All that one commit announces is read together.
    await Promise.resolve()
    while (this.#queue.size > 0) {
      const ids = [...this.#queue].slice(0, BATCH_MAX)
      for (const id of ids) this.#queue.delete(id)
      try {
        await this.#read(ids)
      } catch (error) {
        this.#parts.log.warn({ err: error }, 'what changed could not be read: its watchers ask again')
        this.#lose(ids)
      }
    }
    this.#isReading = false
  }

  async #read(ids: readonly string[]): Promise<void> {
    const tasks = await this.#parts.store.loadTasks(ids)
    for (const task of tasks) await this.#tell(task)
    // Removed as a whole, or not to be read: asking for it says which.
    const found = new Set(tasks.map(({ id }) => id))
    for (const id of ids) {
      if (found.has(id)) continue
      for (const listener of this.#tasks.get(id)?.listeners ?? []) listener.lost()
    }
  }

  async #tell(task: Task): Promise<void> {
    const watched = this.#tasks.get(task.id)
    const project = this.#isTold(task) ? undefined : this.#projects.get(task.projectId)
    if (watched === undefined && project === undefined) return
    await this.#readOn(task.id, watched)
    const view = await this.#viewOf(task, watched)
    if (watched !== undefined) {
      watched.version = task.version
      watched.isDeleted = view.isDeleted
      watched.view = view
      for (const listener of watched.listeners) listener.changed(view)
    }
    if (project === undefined) return
    this.#remember(task)
    for (const listener of project.listeners) listener.changed(view)
  }

  /** What the timeline of a followed task has gained. */
  async #readOn(taskId: string, watched: Watched | undefined): Promise<void> {
    if (watched?.seq === undefined || !isFollowed(watched)) return
    const added = await this.#parts.store.timeline(taskId, { seq: watched.seq, limit: ENTRIES_MAX })
    watched.seq = added.at(-1)?.seq ?? watched.seq
    watched.entries = [...watched.entries, ...added].slice(-ENTRIES_MAX)
    if (added.length === ENTRIES_MAX) this.#queue.add(taskId)
  }

  async #viewOf(task: Task, watched: Watched | undefined): Promise<TaskView> {
    const { store, settings, clock } = this.#parts
    const isShown = task.state === 'completed' && task.deletedAtMs === null
    const known = watched?.view?.task.version === task.version ? watched.view.artifacts : undefined
    const artifacts = isShown ? (known ?? (await store.artifacts(task.id))) : []
    const { entries = [], seq } = watched !== undefined && isFollowed(watched) ? watched : {}
    return new TaskView({ task, artifacts, entries, seq, settings, clock })
  }

  /** Whether those who watch its project know it like that. */
  #isTold(task: Task): boolean {
    return this.#told.get(task.id) === stateOf(task)
  }

  #remember(task: Task): void {
    if (this.#told.size >= TOLD_MAX) this.#told.clear()
    this.#told.set(task.id, stateOf(task))
  }

  #lose(ids: readonly string[]): void {
    for (const id of ids) for (const listener of this.#tasks.get(id)?.listeners ?? []) listener.lost()
    for (const { listeners } of this.#projects.values()) for (const listener of listeners) listener.lost()
  }

  /** Other processes' changes come as hints, which a pooler or a broken connection may swallow. */
  async #recheckFor(everyMs: number, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#parts
    for (;;) {
      await clock.sleep(everyMs, signal)
      if (signal.aborted) return
      try {
        await this.#recheckTasks()
        for (const [projectId, watch] of this.#projects) await this.#recheckProject(projectId, watch)
      } catch (error) {
        log.debug({ err: error }, 'changes could not be looked for; the next look finds them')
      }
    }
  }

  async #recheckTasks(): Promise<void> {
    const ids = [...this.#tasks.keys()]
    for (let start = 0; start < ids.length; start += BATCH_MAX) {
      for (const mark of await this.#parts.store.taskMarks(ids.slice(start, start + BATCH_MAX))) {
        const watched = this.#tasks.get(mark.id)
        if (watched === undefined) continue
        const isNews =
          watched.version !== mark.version ||
          watched.isDeleted !== mark.isDeleted ||
          (watched.seq !== undefined && watched.seq < mark.seq)
        if (isNews) this.#note(mark.id)
      }
    }
  }

  async #recheckProject(projectId: string, watch: ProjectWatch): Promise<void> {
    const { clock, store } = this.#parts
    const startedMs = clock.nowMs()
    let after = { updatedAtMs: watch.checkedMs - LATE_MS, id: '' }
    for (;;) {
      const { tasks, hasMore } = await store.changedTasks({ projectId, after, limit: BATCH_MAX })
      for (const task of tasks) if (!this.#isTold(task)) await this.#tell(task)
      const last = tasks.at(-1)
      if (last === undefined || !hasMore || watch.listeners.size === 0) break
      after = { updatedAtMs: last.updatedAtMs, id: last.id }
    }
    watch.checkedMs = startedMs
  }
}

const isFollowed = ({ listeners }: Watched): boolean =>
  [...listeners].some(({ isFollower }) => isFollower === true)

const stateOf = ({ version, deletedAtMs }: Task): string =>
  `${version}${deletedAtMs === null ? '' : ' deleted'}`
