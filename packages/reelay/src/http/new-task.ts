import type { Plan } from '../providers/catalog.ts'
import type { ApiKey } from '../store/store.ts'
import type { Task } from '../task/task.ts'
import type { CreateParams } from './create-params.ts'

export type NewTask = {
  id: string
  key: ApiKey
  params: CreateParams
  plan: Plan & { kind: 'planned' }
  nowMs: number
}

/** A task as it is before anybody worked on it. */
export function newTask({ id, key, params, plan, nowMs }: NewTask): Task {
  const deadlineMs = params.deadlineSeconds === null ? plan.deadlineMs : params.deadlineSeconds * 1000
  return {
    id,
    projectId: key.projectId,
    profile: key.profile,
    state: 'queued',
    providerWaits: false,
    progress: 0,
    request: plan.request,
    candidates: plan.candidates,
    candidate: 0,
    attempt: null,
    outputs: null,
    outputsExpireAtMs: null,
    missing: null,
    faults: 0,
    warnings: plan.warnings,
    error: null,
    callbackUrl: params.callbackUrl,
    metadata: params.metadata,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    completedAtMs: null,
    deadlineAtMs: nowMs + deadlineMs,
    cancelRequestedAtMs: null,
    deletedAtMs: null,
    expiresAtMs: null,
    version: 1,
  }
}
