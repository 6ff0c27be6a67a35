import { ageOf, endTask, stay, type Moment } from './decision.ts'
import { taskError } from './errors.ts'
import { announcedPauseMs, nextPauseMs } from './next-pause.ts'
import { backoffMs } from './schedule.ts'
import { succeeded } from './succeeded.ts'
import type { Decision, Task, TaskEvent, TaskPatch } from './task.ts'
import type { Verdict } from './verdict.ts'

/** Two sightings of "no such task" count as one when they are closer than this. */
const SIGHTING_GAP_MS = 30_000

/** What a look at a running job means. */
export function decideVerdict(task: Task, verdict: Verdict, moment: Moment): Decision {
  const { nowMs, timing } = moment
  const ageMs = ageOf(task, nowMs)
  switch (verdict.kind) {
    case 'waiting':
    case 'running': {
      const [patch, events] = advanced(task, verdict.kind === 'waiting', verdict.progress)
      const soonMs = announcedPauseMs(ageMs, patch.progress, timing)
      return stay(task, nowMs + Math.min(nextPauseMs(ageMs, moment), soonMs), patch, events)
    }
    case 'done':
      return succeeded(task, verdict, moment)
    case 'failed':
      return endTask(task, 'failed', taskError(verdict.code, verdict.detail), nowMs)
    case 'gone':
      return missed(task, ageMs, moment)
    case 'unrecognised':
      // The provider still knows the job: an earlier "no such task" is withdrawn.
      return stay(task, nowMs + timing.intervalMaxMs, { faults: 0, missing: null }, [
        { kind: 'poll.unrecognised', data: { status: verdict.status } },
      ])
  }
}

/** Progress only rises and stays below 100 until the bytes are here. Nothing is written when nothing changed. */
function advanced(task: Task, waits: boolean, reported: number | undefined): [TaskPatch, TaskEvent[]] {
  const progress = Math.max(task.progress, Math.min(99, Math.max(0, Math.floor(reported ?? 0))))
  // A provider that says "waiting" again after it ran does not take a task back.
  const providerWaits = waits && task.providerWaits
  const patch: TaskPatch = {
    ...(progress === task.progress ? {} : { progress }),
    ...(providerWaits === task.providerWaits ? {} : { providerWaits }),
    ...(task.faults === 0 ? {} : { faults: 0 }),
    ...(task.missing === null ? {} : { missing: null }),
  }
  const news = patch.progress !== undefined || patch.providerWaits !== undefined
  return [patch, news ? [{ kind: 'poll.progress', data: { progress, waiting: providerWaits } }] : []]
}

/** "No such task" is believed after a grace and two sightings well apart; until then it is a look without news. */
function missed(task: Task, ageMs: number, moment: Moment): Decision {
  const { nowMs, timing } = moment
  if (ageMs < timing.missingGraceMs) return stay(task, nowMs + nextPauseMs(ageMs, moment))
  const { missing } = task
  if (missing === null) {
    return stay(
      task,
      nowMs + SIGHTING_GAP_MS,
      { missing: { firstAtMs: nowMs, lastAtMs: nowMs, sightings: 1 } },
      [{ kind: 'poll.missing' }],
    )
  }
  if (nowMs - missing.firstAtMs < SIGHTING_GAP_MS) return stay(task, missing.firstAtMs + SIGHTING_GAP_MS)
  const message =
    'The provider no longer knows this task. It may have been billed; create the video again if you need it.'
  return endTask(task, 'error', taskError('provider_task_lost', message), nowMs)
}

/** The question could not be asked: the task lives on, whatever the fault. */
export function decideFault(task: Task, detail: string, { nowMs, random }: Moment): Decision {
  const faults = task.faults + 1
  const events: TaskEvent[] = faults === 1 ? [{ kind: 'poll.faulted', data: { detail } }] : []
  return stay(task, nowMs + backoffMs(faults, random), { faults }, events)
}
