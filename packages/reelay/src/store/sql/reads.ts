import type { Awaitable } from '../../system/awaitable.ts'
import type { DurationSketch } from '../../task/duration-sketch.ts'
import type { Task } from '../../task/task.ts'
import type { ApiKey, Artifact, CallbackTarget, IdempotentUse, KeyedTask, Project } from '../store.ts'

/** The reads that every request and every look need: each database answers them as fast as it can. */
export interface Reads {
  /** The live key with this hash and, with it, a task of its project that is not deleted. */
  keyedTask(secretHash: string, id: string): Awaitable<KeyedTask | undefined>
  task(id: string): Awaitable<Task | undefined>
  artifacts(taskId: string): Awaitable<readonly Artifact[]>
  key(secretHash: string): Awaitable<ApiKey | undefined>
  deadKey(secretHash: string): Awaitable<ApiKey | undefined>
  callbackTarget(tokenHash: string): Awaitable<CallbackTarget | undefined>
  project(id: string): Awaitable<Project | undefined>
  idempotent(projectId: string, route: string, key: string): Awaitable<IdempotentUse | undefined>
  position(projectId: string, id: string): Awaitable<{ createdAtMs: number; id: string } | undefined>
  pausedUntilMs(account: string): Awaitable<number | null>
  pauseReason(account: string): Awaitable<string | null>
  inFlight(account: string): Awaitable<number>
  durations(key: string): Awaitable<DurationSketch>
}
