import type * as Port from '../store/store.ts'
import { isTerminal } from '../task/state.ts'
import type { Task } from '../task/task.ts'
import { TestEngineVerbs } from './test-engine-verbs.ts'

type ReplayRow = { id: string; fingerprint: string; clientAttempt: number; taskId: string; answered: boolean }

/** The verbs that the HTTP layer asks of a store, in memory. Not one of the engine's. */
export class TestStore extends TestEngineVerbs implements Port.Store {
  readonly tasks: Map<string, Task> = new Map()
  readonly files: Map<string, readonly Port.Artifact[]> = new Map()
  readonly replays: ReplayRow[] = []
  readonly retrieved: Set<string> = new Set()
  readonly projects: Port.Project[] = []
  readonly keys: { key: Port.ApiKey; hash: string }[] = []
  /** Whose cancels and deletes came, in their order. */
  readonly wishes: (Port.WishOrigin | null)[] = []
  /** What every task was made with. */
  readonly inserts: Port.TaskInsert[] = []
  /** By the hash of their token. */
  readonly callbackTargets: Map<string, Port.CallbackTarget> = new Map()
  readonly callbacks: Port.CallbackIn[] = []
  readonly timelines: Map<string, readonly Port.TimelineEntry[]> = new Map()
  /** Which tasks were read together because they had changed. */
  readonly looks: (readonly string[])[] = []
  readonly accountCallbacks: Port.AccountCallbackIn[] = []
  readonly heeded: { callback: Port.CallbackIn; isNew: boolean }[] = []
  /** Thrown by every write and by reads of many tasks, while set. */
  failure: Error | null = null
  readonly #idempotency = new Map<string, { fingerprint: string; taskId: string }>()
  readonly #listeners = new Set<Port.ChangeListener>()
  readonly #nowMs: () => number

  constructor(nowMs: () => number) {
    super()
    this.#nowMs = nowMs
  }

  findIdempotent(projectId: string, route: string, key: string): Port.IdempotentUse | undefined {
    return this.#idempotency.get(`${projectId} ${route} ${key}`)
  }

  async insertTask(insert: Port.TaskInsert): Promise<Port.InsertOutcome> {
    this.#mayWrite()
    const { task, idempotency, replay } = insert
    if (idempotency !== null) {
      const row = this.#idempotency.get(`${task.projectId} ${idempotency.route} ${idempotency.key}`)
      if (row !== undefined && row.fingerprint !== idempotency.fingerprint) return { kind: 'key_reused' }
      if (row !== undefined) {
        return {
          kind: 'replayed',
          by: 'key',
          task: this.findTask(task.projectId, row.taskId),
          replayId: null,
        }
      }
    }
    const earlier = this.replays.findLast(
      (row) =>
        replay !== null &&
        row.fingerprint === replay.fingerprint &&
        row.clientAttempt === replay.clientAttempt - 1 &&
        !row.answered &&
        !this.retrieved.has(row.taskId),
    )
    const taskId = earlier?.taskId ?? task.id
    const replayId = replay === null ? null : `replay-${this.replays.length}`
    if (replay !== null && replayId !== null) {
      this.replays.push({ id: replayId, ...replay, taskId, answered: false })
    }
    if (earlier !== undefined) {
      earlier.answered = true
      return { kind: 'replayed', by: 'client_retry', task: this.findTask(task.projectId, taskId), replayId }
    }
    const { inFlight } = await this.projectUsage(task.projectId)
    const { inFlightMax } = insert.limits
    if (inFlightMax !== null && inFlight >= inFlightMax)
      return { kind: 'limited', by: 'in_flight', max: inFlightMax }
    this.inserts.push(insert)
    this.tasks.set(task.id, task)
    this.files.set(task.id, insert.artifacts)
    if (idempotency !== null) {
      this.#idempotency.set(`${task.projectId} ${idempotency.route} ${idempotency.key}`, {
        fingerprint: idempotency.fingerprint,
        taskId: task.id,
      })
    }
    this.#tell(task.id, 'scheduled')
    return { kind: 'created', task, replayId }
  }

  async adoptTask(adoption: Port.TaskAdoption): Promise<Port.AdoptOutcome> {
    const { account, operation } = adoption.task.attempt
    const owner = [...this.tasks.values()].find(
      ({ attempt }) =>
        attempt?.account === account && attempt.operation?.providerTaskId === operation?.providerTaskId,
    )
    if (owner === undefined) return this.insertTask(adoption)
    const { id, projectId, deletedAtMs } = owner
    return { kind: 'operation_taken', projectId, taskId: id, isDeleted: deletedAtMs !== null }
  }

  async markAnswered(id: string): Promise<void> {
    const row = this.replays.find((replay) => replay.id === id)
    if (row !== undefined) row.answered = true
  }

  async markRetrieved(id: string): Promise<void> {
    this.retrieved.add(id)
  }

  findTask(projectId: string, id: string): Task | undefined {
    const task = this.tasks.get(id)
    return task?.projectId === projectId && task.deletedAtMs === null ? task : undefined
  }

  findKeyedTask(hash: string, id: string): Port.KeyedTask | undefined {
    const key = this.findKey(hash)
    const task = key === undefined ? undefined : this.findTask(key.projectId, id)
    return key === undefined || task === undefined ? undefined : { key, task }
  }

  loadTask(id: string): Task | undefined {
    return this.tasks.get(id)
  }

  async loadTasks(ids: readonly string[]): Promise<readonly Task[]> {
    this.looks.push(ids)
    this.#mayWrite()
    return ids.flatMap((id) => this.tasks.get(id) ?? [])
  }

  async taskMarks(ids: readonly string[]): Promise<readonly Port.TaskMark[]> {
    return ids.flatMap((id) => {
      const task = this.tasks.get(id)
      if (task === undefined) return []
      const seq = this.timelines.get(id)?.length ?? 0
      return [{ id, version: task.version, seq, isDeleted: task.deletedAtMs !== null }]
    })
  }

  async changedTasks({ projectId, after, limit }: Port.ChangedQuery): Promise<Port.TaskPage> {
    this.#mayWrite()
    const changed = [...this.tasks.values()]
      .filter((task) => task.projectId === projectId)
      .filter(
        ({ updatedAtMs, id }) =>
          updatedAtMs > after.updatedAtMs || (updatedAtMs === after.updatedAtMs && id > after.id),
      )
      .toSorted((a, b) => a.updatedAtMs - b.updatedAtMs || (a.id < b.id ? -1 : 1))
    return { tasks: changed.slice(0, limit), hasMore: changed.length > limit }
  }

  async timeline(taskId: string, part?: Port.TimelinePart): Promise<readonly Port.TimelineEntry[]> {
    const { seq, limit } = part ?? { seq: 0, limit: Infinity }
    return (this.timelines.get(taskId) ?? []).filter((entry) => entry.seq > seq).slice(0, limit)
  }

  async listCallbacks(): Promise<Port.CallbackPage> {
    return { callbacks: [], hasMore: false }
  }

  async listTasks(query: Port.ListQuery): Promise<Port.TaskPage> {
    const sign = query.order === 'asc' ? 1 : -1
    const compare = (
      a: { createdAtMs: number; id: string },
      b: { createdAtMs: number; id: string },
    ): number => sign * (a.createdAtMs - b.createdAtMs || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
    const { after, states, runningWaits } = query
    const matching = [...this.tasks.values()]
      .filter((task) => task.projectId === query.projectId && task.deletedAtMs === null)
      .filter((task) => query.model === null || task.request.model === query.model)
      .filter(
        (task) =>
          states === null ||
          states.includes(task.state) ||
          (task.state === 'running' && runningWaits === task.providerWaits),
      )
      .filter((task) => after === null || compare(task, after) > 0)
      .toSorted(compare)
    return { tasks: matching.slice(0, query.limit), hasMore: matching.length > query.limit }
  }

  positionOf(projectId: string, id: string): { createdAtMs: number; id: string } | undefined {
    const task = this.tasks.get(id)
    return task?.projectId === projectId ? { createdAtMs: task.createdAtMs, id } : undefined
  }

  artifacts(taskId: string): readonly Port.Artifact[] {
    return this.files.get(taskId) ?? []
  }

  async artifactsOf(taskIds: readonly string[]): Promise<ReadonlyMap<string, readonly Port.Artifact[]>> {
    return new Map(taskIds.map((id) => [id, this.files.get(id) ?? []]))
  }

  async removeArtifacts(taskId: string, roles: readonly Port.ArtifactRole[]): Promise<void> {
    this.files.set(
      taskId,
      this.artifacts(taskId).filter((artifact) => !roles.includes(artifact.role)),
    )
  }

  async requestCancel(
    projectId: string,
    id: string,
    by: Port.WishOrigin | null = null,
  ): Promise<Task | undefined> {
    this.wishes.push(by)
    const task = this.findTask(projectId, id)
    if (task === undefined || isTerminal(task.state)) return task
    return this.change(id, { cancelRequestedAtMs: this.#nowMs() }, 'scheduled')
  }

  async deleteTask(
    projectId: string,
    id: string,
    by: Port.WishOrigin | null = null,
  ): Promise<Task | undefined> {
    this.wishes.push(by)
    if (this.findTask(projectId, id) === undefined) return undefined
    return this.change(id, { deletedAtMs: this.#nowMs() }, 'scheduled')
  }

  async createProject(project: Port.Project): Promise<void> {
    this.#mayWrite()
    this.projects.push(project)
  }

  async listProjects(): Promise<readonly Port.Project[]> {
    return this.projects
  }

  async createKey(key: Port.ApiKey, hash: string, countMax: number = Infinity): Promise<boolean> {
    const isFull = this.#liveKeys(key.projectId) >= countMax
    if (!isFull) this.keys.push({ key, hash })
    return !isFull
  }

  #liveKeys(projectId: string): number {
    return this.keys.filter(({ key }) => key.projectId === projectId && this.#isLive(key)).length
  }

  findKey(hash: string): Port.ApiKey | undefined {
    return this.keys.find((entry) => entry.hash === hash && this.#isLive(entry.key))?.key
  }

  findDeadKey(hash: string): Port.ApiKey | undefined {
    return this.keys.find((entry) => entry.hash === hash && !this.#isLive(entry.key))?.key
  }

  #isLive({ expiresAtMs, revokedAtMs }: Port.ApiKey): boolean {
    return revokedAtMs === null && (expiresAtMs === null || expiresAtMs > this.#nowMs())
  }

  async listKeys(projectId: string | null): Promise<readonly Port.ApiKey[]> {
    return this.keys
      .map(({ key }) => key)
      .filter((key) => key.revokedAtMs === null && (projectId === null || key.projectId === projectId))
  }

  findProject(id: string): Port.Project | undefined {
    return this.projects.find((project) => project.id === id)
  }

  async updateProject(id: string, patch: Partial<Port.Project>): Promise<Port.Project | undefined> {
    const index = this.projects.findIndex((project) => project.id === id)
    const project = this.projects[index]
    if (project === undefined) return undefined
    return (this.projects[index] = { ...project, ...patch })
  }

  async projectUsage(id: string): Promise<Port.ProjectUsage> {
    const own = [...this.tasks.values()].filter(({ projectId }) => projectId === id)
    return { inFlight: own.filter(({ state }) => !isTerminal(state)).length, createdToday: own.length }
  }

  async findKeyById(projectId: string | null, id: string): Promise<Port.ApiKey | undefined> {
    return (await this.listKeys(projectId)).find((key) => key.id === id)
  }

  async replaceKey(replacement: Port.KeyReplacement): Promise<'replaced' | 'missing' | 'full'> {
    const { id, expiresAtMs, next, secretHash, countMax = Infinity } = replacement
    const entry = this.keys.find(({ key }) => key.id === id && key.revokedAtMs === null)
    if (entry === undefined) return 'missing'
    const before = entry.key
    entry.key = { ...before, expiresAtMs }
    if (await this.createKey(next, secretHash, countMax)) return 'replaced'
    entry.key = before
    return 'full'
  }

  async revokeKey(projectId: string | null, id: string): Promise<boolean> {
    const entry = this.keys.find(
      ({ key }) =>
        key.id === id && key.revokedAtMs === null && (projectId === null || key.projectId === projectId),
    )
    if (entry === undefined) return false
    entry.key = { ...entry.key, revokedAtMs: this.#nowMs() }
    return true
  }

  async touchKey(): Promise<void> {}

  findCallbackTarget(tokenHash: string): Port.CallbackTarget | undefined {
    return this.callbackTargets.get(tokenHash)
  }

  async recordCallback(callback: Port.CallbackIn): Promise<Port.CallbackOutcome> {
    this.#mayWrite()
    this.callbacks.push(callback)
    return 'kept'
  }

  beat(): Promise<void> {
    return Promise.resolve()
  }

  leave(): Promise<void> {
    return Promise.resolve()
  }

  instances(): Promise<readonly Port.Instance[]> {
    return Promise.resolve([])
  }

  async recordAccountCallback(callback: Port.AccountCallbackIn): Promise<Port.AccountCallbackOutcome> {
    this.#mayWrite()
    this.accountCallbacks.push(callback)
    return { outcome: 'kept', about: null }
  }

  async heedCallback(callback: Port.CallbackIn, isNew: boolean): Promise<void> {
    this.#mayWrite()
    this.heeded.push({ callback, isNew })
  }

  onChange(listener: Port.ChangeListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  get listeners(): number {
    return this.#listeners.size
  }

  /** What the engine would commit. */
  change(id: string, patch: Partial<Task>, kind: Port.ChangeKind = 'moved'): Task {
    const task = this.tasks.get(id)
    if (task === undefined) throw new Error(`there is no task ${id}`)
    const changed = { ...task, updatedAtMs: this.#nowMs(), ...patch, version: task.version + 1 }
    this.tasks.set(id, changed)
    this.#tell(id, kind)
    return changed
  }

  /** What a verb that only adds to the timeline would commit. */
  note(id: string, kind: Port.TimelineEntry['kind']): void {
    const entries = this.timelines.get(id) ?? []
    this.timelines.set(id, [...entries, { seq: entries.length + 1, atMs: this.#nowMs(), kind }])
    this.#tell(id, 'moved')
  }

  #mayWrite(): void {
    if (this.failure !== null) throw this.failure
  }

  #tell(taskId: string, kind: Port.ChangeKind): void {
    for (const listener of this.#listeners) listener(taskId, kind)
  }
}
