import type { Fault } from './fault.ts'
import { isTerminal } from './phase.ts'
import type { PollAct, PollRun, Script, Step } from './script.ts'

/** A task as the upstream keeps it. Everything but the use counters outlives a restart. */
export interface Task {
  readonly id: string
  readonly createdAtMs: number
  readonly model: string
  readonly prompt: string
  readonly fields: Readonly<Record<string, unknown>>
  readonly remixOf: string | null
  script: Script
  /** Polls answered so far; the script's position. */
  polls: number
  finishedAtMs: number | null
  readonly uses: { content: number; link: number; delete: number }
}

/** What a dialect prints. */
export interface TaskView extends Step {
  readonly task: Task
  readonly finishedAtMs: number | null
}

export type PollOutcome =
  | { readonly act: 'step'; readonly view: TaskView }
  | { readonly act: 'missing' }
  | { readonly act: 'bare' }
  | { readonly act: 'fault'; readonly fault: Fault }

const WAITING: Step = { phase: 'queued', word: null, progress: undefined }

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

/** The act of the poll number `polls` (from 0). With a step time only what is no step is counted in polls. */
function pollAct(task: Task, polls: number, nowMs: number): PollAct | undefined {
  const { script } = task
  if (script.stepMs === null) return actAt(script.polls, polls)
  const others = script.polls.filter((run) => !isStep(run))
  const othersCount = others.reduce((sum, run) => sum + run.times, 0)
  if (polls < othersCount) return actAt(others, polls)
  return actAt(script.polls.filter(isStep), Math.floor((nowMs - task.createdAtMs) / script.stepMs))
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

function viewOf(task: Task, step: Step): TaskView {
  return { ...step, task, finishedAtMs: task.finishedAtMs }
}

/** The view of a task that has only just been accepted. */
export function waitingView(task: Task): TaskView {
  return viewOf(task, WAITING)
}

/** The state that a look without a poll finds: the newest step that is due, or waiting before the first. */
export function currentView(task: Task, nowMs: number): TaskView {
  if (task.script.stepMs !== null) {
    const act = actAt(
      task.script.polls.filter(isStep),
      Math.floor((nowMs - task.createdAtMs) / task.script.stepMs),
    )
    return viewOf(task, act?.act === 'step' ? act.step : WAITING)
  }
  // A task that was never polled has begun nothing; faults and gaps between two steps change no state.
  if (task.polls === 0) return waitingView(task)
  const seen = task.script.polls.slice(0, runAt(task.script.polls, task.polls - 1) + 1)
  const act = seen.findLast(isStep)?.poll
  return viewOf(task, act?.act === 'step' ? act.step : WAITING)
}

/** Answers one poll and moves the task's position; sets the end time when it first shows an end. */
export function pollTask(task: Task, nowMs: number): PollOutcome {
  const act = pollAct(task, task.polls, nowMs)
  task.polls += 1
  if (act === undefined) return { act: 'step', view: waitingView(task) }
  if (act.act !== 'step') return act
  if (isTerminal(act.step.phase)) task.finishedAtMs ??= nowMs
  return { act: 'step', view: viewOf(task, act.step) }
}
