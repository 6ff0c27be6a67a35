import { systemIds } from '../../src/system/ids.ts'
import type { Task } from '../../src/task/task.ts'

const DEADLINE_MS = 3_600_000

/** A queued task as create makes it, with the fields that a test cares about. */
export function newTask(nowMs: number, patch: Partial<Task> = {}): Task {
  return {
    id: systemIds.id('video', nowMs),
    projectId: 'default',
    profile: 'comet',
    state: 'queued',
    providerWaits: false,
    progress: 0,
    request: {
      model: 'm',
      prompt: 'a boat',
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
    candidates: [{ account: 'scripted', model: 'm' }],
    candidate: 0,
    attempt: null,
    outputs: null,
    outputsExpireAtMs: null,
    missing: null,
    faults: 0,
    warnings: [],
    error: null,
    callbackUrl: null,
    metadata: null,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    completedAtMs: null,
    deadlineAtMs: nowMs + DEADLINE_MS,
    cancelRequestedAtMs: null,
    deletedAtMs: null,
    expiresAtMs: null,
    version: 1,
    ...patch,
  }
}
