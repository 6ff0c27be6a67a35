import { ARCHIVE_WINDOW_MS, due, endAttempt, stay, type Moment } from './decision.ts'
import { backoffMs } from './schedule.ts'
import { expiryOf } from './retention.ts'
import type { Decision, Task, TaskEvent } from './task.ts'

const STORAGE_RECHECK_MS = 30_000

/** After so many failed downloads in a row the provider is asked for a fresh link. */
const DOWNLOADS_PER_LINK = 3

export type ArchiveFault =
  /** The link is dead. */
  | { kind: 'link_dead'; detail: string }
  /** This download failed or brought something that is no video. */
  | { kind: 'download_failed'; detail: string }
  | { kind: 'storage_full'; detail: string }

export function decideArchiveFault(task: Task, fault: ArchiveFault, { nowMs, random }: Moment): Decision {
  const faults = task.faults + 1
  const events: TaskEvent[] = [{ kind: 'archive.faulted', data: { kind: fault.kind, detail: fault.detail } }]
  if (fault.kind === 'storage_full') {
    // A full disk pauses; it ends no task.
    const deadlineAtMs = Math.max(task.deadlineAtMs, nowMs + ARCHIVE_WINDOW_MS)
    return {
      to: 'archiving',
      dueAtMs: nowMs + STORAGE_RECHECK_MS,
      // Counted once, so that a long pause is one line of the timeline.
      patch: { deadlineAtMs, faults: Math.max(task.faults, 1) },
      events: task.faults === 0 ? events : [],
    }
  }
  if (fault.kind === 'link_dead' || faults % DOWNLOADS_PER_LINK === 0) {
    const pauseMs = faults === 1 ? 0 : backoffMs(faults, random)
    return { to: 'running', dueAtMs: due(task, nowMs + pauseMs), patch: { faults }, events }
  }
  return stay(task, nowMs + backoffMs(faults, random), { faults }, events)
}

/** @param keptMs how long the files are kept; null: for good */
export function decideStored(
  task: Task,
  stored: { bytes: number; sha256: string },
  { nowMs, keptMs }: { nowMs: number; keptMs: number | null },
): Decision {
  return {
    to: 'completed',
    dueAtMs: null,
    patch: {
      progress: 100,
      completedAtMs: nowMs,
      expiresAtMs: expiryOf(nowMs, keptMs),
      outputs: null,
      faults: 0,
    },
    events: [{ kind: 'archive.stored', data: { bytes: stored.bytes, sha256: stored.sha256 } }],
    ...endAttempt(task, nowMs),
  }
}
