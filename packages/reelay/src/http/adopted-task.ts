import type { ApiKey } from '../store/store.ts'
import { providerNameOf } from '../task/provider-name.ts'
import type { Attempt, Task } from '../task/task.ts'
import type { VideoAdopt } from './adopt-schema.ts'
import type { JobLook } from './deps.ts'

export type AdoptedJob = {
  id: string
  key: ApiKey
  account: string
  body: VideoAdopt
  /** As it is sent: checked. */
  callbackUrl: string | null
  look: JobLook & { kind: 'found' }
  clientToken: string
  nowMs: number
}

/** The model at the provider: without the account or the provider before it. Null when nobody named one. */
export function modelAt(account: string, model: string | undefined): string | null {
  if (model === undefined) return null
  const prefix = [`${account}/`, `${providerNameOf(account)}/`].find((start) => model.startsWith(start))
  const bare = model.slice(prefix?.length ?? 0)
  return bare === '' ? null : bare
}

/** A task of a job that is under way elsewhere: running, with its attempt, and with nothing to submit. */
export function adoptedTask(job: AdoptedJob): Task & { attempt: Attempt } {
  const { id, key, account, body, callbackUrl, look, clientToken, nowMs } = job
  const { verdict, operation, deadlineMs } = look
  const reported = 'progress' in verdict ? (verdict.progress ?? 0) : 0
  return {
    id,
    projectId: key.projectId,
    profile: key.profile,
    state: 'running',
    providerWaits: verdict.kind === 'waiting',
    progress: Math.min(99, Math.max(0, Math.floor(reported))),
    request: {
      model: body.model ?? `${providerNameOf(account)}/unknown`,
      prompt: body.prompt ?? '',
      seconds: null,
      size: null,
      resolution: null,
      aspectRatio: null,
      negativePrompt: null,
      seed: null,
      generateAudio: null,
      inputs: [],
      providerOptions: {},
    },
    candidates: [],
    candidate: 0,
    attempt: {
      n: 1,
      account,
      model: modelAt(account, body.model) ?? 'unknown',
      state: 'accepted',
      clientToken,
      operation,
      startedAtMs: nowMs,
      answeredAtMs: nowMs,
      endedAtMs: null,
    },
    outputs: null,
    outputsExpireAtMs: null,
    missing: null,
    faults: 0,
    warnings: [],
    error: null,
    callbackUrl,
    metadata: body.metadata ?? null,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    completedAtMs: null,
    deadlineAtMs: nowMs + (body.deadline === undefined ? deadlineMs : body.deadline * 1_000),
    cancelRequestedAtMs: null,
    deletedAtMs: null,
    expiresAtMs: null,
    version: 1,
  }
}
