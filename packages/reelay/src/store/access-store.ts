import type { Awaitable } from '../system/awaitable.ts'
import type { Task } from '../task/task.ts'

export type Project = {
  id: string
  name: string
  createdAtMs: number
  /** In the place of the gateway's own; absent ones are the gateway's. */
  limits: ProjectLimits
}

/** Null: no limit. Rates are requests per minute. */
export type Limits = {
  createsPerMinute: number | null
  readsPerMinute: number | null
  inFlight: number | null
  perDay: number | null
}

export type ProjectLimits = Partial<Limits> & {
  /** How long the files of its completed videos are kept; null: for good. */
  retentionSeconds?: number | null
}

export type ProjectUsage = { inFlight: number; createdToday: number }

export type KeyScope = 'create' | 'read' | 'content' | 'admin'

export type ApiKey = {
  id: string
  projectId: string
  name: string
  scopes: readonly KeyScope[]
  profile: Task['profile']
  createdAtMs: number
  lastUsedAtMs: number | null
  /** From then on the key is refused; null: never. */
  expiresAtMs: number | null
  revokedAtMs: number | null
}

/** A live key, and a task of its project. */
export type KeyedTask = { key: ApiKey; task: Task }

export type KeyReplacement = {
  id: string
  expiresAtMs: number
  next: ApiKey
  secretHash: string
  /** No bound when absent. */
  countMax?: number
}

/** Who may use the gateway, and how much: projects and their keys. */
export interface AccessStore {
  createProject(project: Project): Promise<void>
  listProjects(): Promise<readonly Project[]>
  /** A prepared read: limits are looked up with each request. */
  findProject(id: string): Awaitable<Project | undefined>
  /** Undefined when there is no such project. */
  updateProject(id: string, patch: Partial<Pick<Project, 'name' | 'limits'>>): Promise<Project | undefined>
  projectUsage(id: string): Promise<ProjectUsage>
  /** Replaces a key of the same id. False when its project has `countMax` other live ones already: nothing was written. */
  createKey(key: ApiKey, secretHash: string, countMax?: number): Promise<boolean>
  /** The live key with this hash. */
  findKey(secretHash: string): Awaitable<ApiKey | undefined>
  /** The key with this hash that is refused because it was revoked or has expired: for the log, never for an answer. */
  findDeadKey(secretHash: string): Awaitable<ApiKey | undefined>
  listKeys(projectId: string | null): Promise<readonly ApiKey[]>
  /** Null project: of any. Undefined when there is no such live key there. */
  findKeyById(projectId: string | null, id: string): Promise<ApiKey | undefined>
  /** False when there is no such live key in that project; null: in any. */
  revokeKey(projectId: string | null, id: string): Promise<boolean>
  /**
   * Adds `next` and lets the key `id` expire then, in one transaction. Nothing is written when there is no such live key
   * (`missing`), or when the project of `next` would have more than `countMax` live ones (`full`).
   */
  replaceKey(replacement: KeyReplacement): Promise<'replaced' | 'missing' | 'full'>
  /** Lazily written: at most once a minute per key. */
  touchKey(id: string): Promise<void>
}
