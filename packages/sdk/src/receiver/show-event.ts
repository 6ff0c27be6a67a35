import { isTerminalStatus } from '../wire.ts'
import { ReceiverError } from './receiver-error.ts'
import { newTaskRecord, type TaskRecord } from './receiver-store.ts'
import type { ReceiverParts } from './receiver-parts.ts'
import type { VideoEvent, VideoTaskEvent } from './video-event.ts'

/**
 * Calls the application, unless it has seen this event, a later one of the task, or its end. Must run in the
 * task's lane.
 * @throws ReceiverError `event_failed` when the application threw
 */
export async function showEvent(parts: ReceiverParts, event: VideoEvent, attempt: number): Promise<void> {
  if (event.type === 'webhook.test') return callApplication(parts, event, attempt)
  const record = await readRecord(parts, event.taskId)
  if (isPast(record, event)) return
  await callApplication(parts, event, attempt)
  await saveRecord(parts, {
    taskId: event.taskId,
    shown: [...record.shown, event.type],
    sequence: event.sequence,
    ended: isTerminalStatus(event.status),
    updatedAtMs: parts.clock.nowMs(),
  })
}

const isPast = (record: TaskRecord, event: VideoTaskEvent): boolean =>
  record.ended || record.shown.includes(event.type) || event.sequence < record.sequence

async function callApplication(parts: ReceiverParts, event: VideoEvent, attempt: number): Promise<void> {
  try {
    await parts.onEvent(event, { attempt, client: parts.client, signal: parts.stop })
  } catch (cause) {
    throw new ReceiverError('event_failed', `onEvent threw at ${event.type} of ${event.taskId ?? event.id}`, {
      taskId: event.taskId,
      cause,
    })
  }
}

/** What is known of a task, including what the store could not take before. */
export async function readRecord(parts: ReceiverParts, taskId: string): Promise<TaskRecord> {
  const unsaved = parts.unsaved.get(taskId)
  if (unsaved !== undefined) await saveRecord(parts, unsaved)
  return (await parts.store.task(taskId)) ?? newTaskRecord(taskId, parts.clock.nowMs())
}

// Kept here until the store has it: a store that fails for a moment must not make the application see the
// event again.
async function saveRecord(parts: ReceiverParts, record: TaskRecord): Promise<void> {
  parts.unsaved.set(record.taskId, record)
  await parts.store.saveTask(record)
  parts.unsaved.delete(record.taskId)
}
