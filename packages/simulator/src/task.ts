import type { Fault } from './fault.ts'
import { isTerminal } from './phase.ts'
import type { Render } from './render-time.ts'
import type { PollAct, PollRun, Script, ScriptedPoint, Step } from './script.ts'
import { shareAt, stopAt, timelineOf, type Stop } from './timeline.ts'

/** A task as the simulator keeps it. Everything but the use counters outlives a restart. */
export interface Task {
  readonly id: string
  readonly createdAtMs: number
  /** Where its create was sent. */
  readonly path: string
  readonly model: string
  readonly prompt: string
  readonly fields: Readonly<Record<string, unknown>>
  /** What the ledger keeps of the create's headers. */
  readonly headers: Readonly<Record<string, string>>
  /** The key that it was made with; empty for none. */
  readonly key: string
  readonly clientToken: string | null
  readonly callbackUrl: string | null
  readonly remixOf: string | null
  script: Script
  render: Render | null
  /** Polls answered so far; the script's position. */
  polls: number
  finishedAtMs: number | null
  cancel: { readonly afterPolls: number; readonly at: number } | null
  /** The phases that its callbacks have told of. */
  readonly told: Set<string>
  readonly uses: Record<ScriptedPoint, number>
}

/** What a dialect prints. */
export interface TaskView extends Step {
  readonly task: Task
  readonly nowMs: number
  /** When it stopped waiting; null while it waits. */
  readonly startedAtMs: number | null
  readonly finishedAtMs: number | null
  /** How much of its time has passed, 0 to 1; null for a task that goes by polls. */
  readonly share: number | null
}

export type PollOutcome =
  | { readonly act: 'step'; readonly view: TaskView }
  | { readonly act: 'missing' }
  | { readonly act: 'bare' }
  | { readonly act: 'fault'; readonly fault: Fault }

const WAITING: Step = { phase: 'queued', word: null, progress: undefined }
const CANCELLED: Step = { phase: 'cancelled', word: null, progress: undefined }

/** The index of the run that holds a position; the last run goes on for ever. */
function runAt(runs: readonly PollRun[], position: number): number {
  let end = 0
  for (const [index, run] of runs.entries()) {
    end += run.times
    if (position < end) return index
  }
  return runs.length - 1
}

function actAt(runs: readonly PollRun[], position: number): PollAct | undefined {
  return runs[runAt(runs, position)]?.poll
}

function isStep(run: PollRun): boolean {
  return run.poll.act === 'step'
}

function timelineFor(task: Task): readonly Stop[] | null {
  return timelineOf(task.script, task.render)
}

/** The act of the poll number `polls` (from 0). By the clock, only what is no step is counted in polls. */
function pollAct(task: Task, polls: number, nowMs: number): PollAct {
  const timeline = timelineFor(task)
  const { script } = task
  if (timeline === null) return actAt(script.polls, polls) ?? { act: 'step', step: WAITING }
  const others = script.polls.filter((run) => !isStep(run))
  const othersCount = others.reduce((sum, run) => sum + run.times, 0)
  const other = polls < othersCount ? actAt(others, polls) : undefined
  return other ?? { act: 'step', step: stopAt(timeline, nowMs - task.createdAtMs)?.step ?? WAITING }
}

/** How many polls it takes until nothing changes by polling any more. */
export function pollsMax(task: Task): number {
  let polls = 0
  for (const run of task.script.polls) {
    if (!Number.isFinite(run.times)) return polls + 1
    polls += run.times
  }
  return polls
}

function isCancelled(task: Task): boolean {
  return task.cancel !== null && task.polls >= task.cancel.afterPolls
}

/** When a task ended that nobody has asked for since; null when that is not known, or it has not. */
function endedAtMs(task: Task, step: Step, timeline: readonly Stop[] | null): number | null {
  if (step === CANCELLED) return task.cancel?.at ?? null
  const end = isTerminal(step.phase) ? timeline?.find((stop) => isTerminal(stop.step.phase)) : undefined
  return end === undefined ? null : task.createdAtMs + end.fromMs
}

function viewOf(task: Task, step: Step, nowMs: number): TaskView {
  const timeline = timelineFor(task)
  const startMs = timeline?.find((stop) => stop.step.phase !== 'queued')?.fromMs ?? 0
  return {
    ...step,
    task,
    nowMs,
    startedAtMs: step.phase === 'queued' ? null : task.createdAtMs + startMs,
    finishedAtMs: task.finishedAtMs ?? endedAtMs(task, step, timeline),
    share: timeline === null ? null : shareAt(timeline, nowMs - task.createdAtMs),
  }
}

/** The view of a task that has only just been accepted. */
export function waitingView(task: Task, nowMs: number): TaskView {
  return viewOf(task, WAITING, nowMs)
}

function currentStep(task: Task, nowMs: number): Step {
  if (isCancelled(task)) return CANCELLED
  const timeline = timelineFor(task)
  if (timeline !== null) return stopAt(timeline, nowMs - task.createdAtMs)?.step ?? WAITING
  // A task that was never polled has begun nothing; faults and gaps between two steps change no state.
  if (task.polls === 0) return WAITING
  const seen = task.script.polls.slice(0, runAt(task.script.polls, task.polls - 1) + 1)
  const act = seen.findLast(isStep)?.poll
  return act?.act === 'step' ? act.step : WAITING
}

/** The state that a look without a poll finds: the newest step that is due, or waiting before the first. */
export function currentView(task: Task, nowMs: number): TaskView {
  return viewOf(task, currentStep(task, nowMs), nowMs)
}

/** The states that the clock has brought, the newest last: also those that nobody has seen. */
export function passedViews(task: Task, nowMs: number): readonly TaskView[] {
  const timeline = isCancelled(task) ? null : timelineFor(task)
  const passed = (timeline ?? []).filter((stop) => stop.fromMs < nowMs - task.createdAtMs)
  const seen = passed.map((stop) => currentView(task, task.createdAtMs + Math.ceil(stop.fromMs)))
  return [...seen, currentView(task, nowMs)]
}

/** Milliseconds until the clock changes the task; null when only polls do, or nothing any more. */
export function untilChangeMs(task: Task, nowMs: number): number | null {
  const timeline = isCancelled(task) ? null : timelineFor(task)
  const next = timeline?.find((stop) => stop.fromMs > nowMs - task.createdAtMs)
  return next === undefined ? null : task.createdAtMs + next.fromMs - nowMs
}

/** Answers one poll and moves the task's position; sets the end time when it first shows an end. */
export function pollTask(task: Task, nowMs: number): PollOutcome {
  const act: PollAct = isCancelled(task) ? { act: 'step', step: CANCELLED } : pollAct(task, task.polls, nowMs)
  task.polls += 1
  if (act.act !== 'step') return act
  const { phase, finishedAtMs } = viewOf(task, act.step, nowMs)
  // What has ended before a cancel took effect stays as it ended.
  if (isTerminal(phase) && act.step !== CANCELLED) task.cancel = null
  if (isTerminal(phase)) task.finishedAtMs ??= finishedAtMs ?? nowMs
  return { act: 'step', view: viewOf(task, act.step, nowMs) }
}
