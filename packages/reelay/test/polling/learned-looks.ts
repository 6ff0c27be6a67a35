import { Looks } from '../../src/engine/looks.ts'
import { silentLog } from '../../src/system/log.ts'
import { TestClock } from '../../src/system/test-clock.ts'
import { decideVerdict } from '../../src/task/decide.ts'
import { decideSubmitted } from '../../src/task/decide-submit.ts'
import type { Moment } from '../../src/task/decision.ts'
import { addDuration, type DurationSketch } from '../../src/task/duration-sketch.ts'
import type { LookPlan } from '../../src/task/look-plan.ts'
import type { Timing } from '../../src/task/schedule.ts'
import type { DurationSample, Task } from '../../src/task/task.ts'
import type { Verdict } from '../../src/task/verdict.ts'
import { newTask } from '../support/new-task.ts'
import { seededNumbers } from '../support/seeded-numbers.ts'
import type { Distribution } from './distributions.ts'
import type { Outcome } from './known-looks.ts'

/** A provider that may be asked every two seconds. */
const TIMING: Timing = {
  firstPollMs: 10_000,
  intervalMs: 2_000,
  intervalMaxMs: 20_000,
  missingGraceMs: 60_000,
  deadlineMs: 86_400_000,
}
const RUNNING: Verdict = { kind: 'running' }
const DONE: Verdict = { kind: 'done', outputs: [{ role: 'video', ref: 'x' }] }

/** At this eagerness a look of that provider is worth so much delay. */
export const eagernessOf = (priceMs: number): number => (TIMING.intervalMs * 0.1) / priceMs

/** A submitted task at time 0. */
const TASK: Task = newTask(0, {
  state: 'running',
  deadlineAtMs: TIMING.deadlineMs,
  attempt: {
    n: 1,
    account: 'scripted',
    model: 'm',
    state: 'accepted',
    clientToken: 't',
    operation: { providerTaskId: 'job' },
    startedAtMs: 0,
    answeredAtMs: 0,
    endedAtMs: null,
  },
})

/** The plan of the moment for such a job. */
export const planOf = (looks: Looks): Promise<LookPlan | undefined> => looks.planFor(TASK, TIMING)

/** A job that is looked at. Times since its submit. */
export type Job = { durationMs: number; lastLookAtMs: number | null; lookAtMs: number }

type Means = { plan: LookPlan | undefined; random: () => number }

const momentAt = (nowMs: number, lastLookAtMs: number | null, { plan, random }: Means): Moment => ({
  nowMs,
  timing: TIMING,
  plan,
  random: random(),
  lastLookAtMs,
})

/** A job with its first look, as the engine decides it. */
export function submitted(durationMs: number, means: Means): Job {
  const outcome = { kind: 'accepted', operation: { providerTaskId: 'job' } } as const
  const lookAtMs = decideSubmitted(TASK, outcome, momentAt(0, null, means)).dueAtMs ?? 0
  return { durationMs, lastLookAtMs: null, lookAtMs }
}

/** A look at a job, as the engine decides it: what was learned once it has ended, else the job with its next look. */
export function look(job: Job, ageMs: number, means: Means): Job | DurationSample {
  const verdict = ageMs >= job.durationMs ? DONE : RUNNING
  const decision = decideVerdict(TASK, verdict, momentAt(ageMs, job.lastLookAtMs, means))
  if (decision.duration !== undefined) return decision.duration
  if (decision.dueAtMs === null || decision.dueAtMs <= ageMs) throw new Error('no next look')
  return { ...job, lastLookAtMs: ageMs, lookAtMs: decision.dueAtMs }
}

type Followed = { looks: number; delayMs: number; duration: DurationSample }

/** One job from its submit to the look that sees its end. */
function follow(durationMs: number, means: Means): Followed {
  let job = submitted(durationMs, means)
  for (let looks = 1; ; looks += 1) {
    const { lookAtMs } = job
    const next = look(job, lookAtMs, means)
    if (!('durationMs' in next)) return { looks, delayMs: lookAtMs - durationMs, duration: next }
    job = next
  }
}

export type Trial = {
  distribution: Distribution
  eagerness: number
  seed: number
  trained: number
  tested: number
}

/**
 * Learns from so many jobs, of which it sees what the engine would, and is then tested on others. Plans come from the engine's
 * own `Looks`; its store and clock are the test's.
 */
export async function tryLearned({
  distribution,
  eagerness,
  seed,
  trained,
  tested,
}: Trial): Promise<Outcome> {
  const random = seededNumbers(seed)
  const clock = new TestClock()
  let sketch: DurationSketch = []
  const looks = new Looks({ store: { durations: () => sketch }, clock, log: silentLog, eagerness })
  for (let job = 0; job < trained; job += 1) {
    const durationMs = distribution.draw(random, job / trained)
    const { duration } = follow(durationMs, { plan: await planOf(looks), random })
    sketch = addDuration(sketch, duration)
    clock.advance(Math.ceil(duration.upperMs))
  }
  clock.advance(TIMING.deadlineMs)
  const plan = await planOf(looks)
  const sums: Outcome = { looks: 0, delayMs: 0 }
  for (let job = 0; job < tested; job += 1) {
    const followed = follow(distribution.draw(random, 1), { plan, random })
    sums.looks += followed.looks / tested
    sums.delayMs += followed.delayMs / tested
  }
  return sums
}
