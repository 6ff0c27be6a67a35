import { isTerminal } from './phase.ts'
import type { Render } from './render-time.ts'
import type { PollRun, Script, Step } from './script.ts'

/** A step of a task that goes by the clock. */
export interface Stop {
  /** Milliseconds after the create. */
  readonly fromMs: number
  readonly step: Step
}

interface StepRun {
  readonly step: Step
  readonly times: number
}

function stepRuns(runs: readonly PollRun[]): StepRun[] {
  return runs.flatMap(({ poll, times }) => (poll.act === 'step' ? [{ step: poll.step, times }] : []))
}

/** One step each `stepMs`; what comes behind one that never ends is never reached. */
function evenStops(runs: readonly StepRun[], stepMs: number): Stop[] {
  const stops: Stop[] = []
  let steps = 0
  for (const { step, times } of runs) {
    stops.push({ fromMs: steps * stepMs, step })
    if (!Number.isFinite(times)) break
    steps += times
  }
  return stops
}

function spread(steps: readonly Step[], fromMs: number, toMs: number): Stop[] {
  return steps.map((step, index) => ({ fromMs: fromMs + ((toMs - fromMs) * index) / steps.length, step }))
}

/** The waiting steps share the waiting, the running ones the rest; the end comes last. */
function renderStops(runs: readonly StepRun[], { queueMs, totalMs }: Render): Stop[] {
  const endAt = runs.findIndex(({ step, times }) => isTerminal(step.phase) || !Number.isFinite(times))
  const before = (endAt < 0 ? runs : runs.slice(0, endAt)).map(({ step }) => step)
  const end = endAt < 0 ? undefined : runs[endAt]?.step
  const waiting = before.filter((step) => step.phase === 'queued')
  const running = before.filter((step) => step.phase !== 'queued')
  const runsFromMs = waiting.length === 0 ? 0 : running.length === 0 ? totalMs : queueMs
  const stops = [...spread(waiting, 0, runsFromMs), ...spread(running, runsFromMs, totalMs)]
  return end === undefined ? stops : [...stops, { fromMs: totalMs, step: end }]
}

/** The steps of a task with their times; null when it goes by polls. */
export function timelineOf(script: Script, render: Render | null): readonly Stop[] | null {
  const runs = stepRuns(script.polls)
  if (script.stepMs !== null) return evenStops(runs, script.stepMs)
  return render === null ? null : renderStops(runs, render)
}

/** The newest step that is due; undefined before the first. */
export function stopAt(timeline: readonly Stop[], elapsedMs: number): Stop | undefined {
  return timeline.findLast((stop) => stop.fromMs <= elapsedMs)
}

/** How much of the time between the first and the last step has passed, 0 to 1. */
export function shareAt(timeline: readonly Stop[], elapsedMs: number): number {
  const endMs = timeline.at(-1)?.fromMs ?? 0
  return endMs <= 0 ? 1 : Math.min(1, Math.max(0, elapsedMs / endMs))
}
