import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Looks } from '../../src/engine/looks.ts'
import { silentLog } from '../../src/system/log.ts'
import { TestClock } from '../../src/system/test-clock.ts'
import { addDuration, type DurationSketch } from '../../src/task/duration-sketch.ts'
import { seededNumbers } from '../support/seeded-numbers.ts'
import { STEADY } from './distributions.ts'
import { KnownLooks } from './known-looks.ts'
import { look, planOf, submitted, type Job } from './learned-looks.ts'

const STEP_MS = 250
const JOBS = 2_400
const JOB_EVERY_MS = 1_000
/** Looks to a job that the account's rate grants; the plans want about five times as many. */
const GRANTED = 1.8
const BURST = 5
const EAGERNESS = 0.8
const LIMIT = 200

type Open = { startedAtMs: number; job: Job }

/** Mean delay of jobs that come one a second, on an account whose rate is short. `isTold`: what a look costs follows it. */
async function meanDelayMs(isTold: boolean): Promise<number> {
  const [distribution = assert.fail()] = STEADY
  const random = seededNumbers(5)
  const clock = new TestClock(0)
  let sketch: DurationSketch = []
  for (let index = 0; index < 300; index += 1) {
    const exactMs = distribution.draw(random, 1)
    sketch = addDuration(sketch, { lowerMs: 0, upperMs: exactMs, exactMs })
  }
  const looks = new Looks({ store: { durations: () => sketch }, clock, log: silentLog, eagerness: EAGERNESS })
  const means = async () => ({ plan: await planOf(looks), random })
  let open: Open[] = []
  let tokens = BURST
  const delays: number[] = []
  for (let nowMs = 0; delays.length < JOBS; nowMs += STEP_MS, clock.advance(STEP_MS)) {
    if (nowMs % JOB_EVERY_MS === 0)
      open.push({ startedAtMs: nowMs, job: submitted(distribution.draw(random, 1), await means()) })
    tokens = Math.min(BURST, tokens + (STEP_MS * GRANTED) / JOB_EVERY_MS)
    const dueOf = ({ startedAtMs, job }: Open): number => startedAtMs + job.lookAtMs
    const byDue = open.toSorted((a, b) => dueOf(a) - dueOf(b))
    const taken = byDue.filter((one) => dueOf(one) <= nowMs).slice(0, Math.floor(tokens))
    tokens -= taken.length
    open = byDue.slice(taken.length)
    const [left] = open
    if (isTold) {
      const nextDueAtMs = left === undefined ? null : dueOf(left)
      looks.claimed({ account: 'scripted', limit: LIMIT }, { claims: taken, nextDueAtMs })
    }
    for (const { startedAtMs, job } of taken) {
      const next = look(job, nowMs - startedAtMs, await means())
      if ('durationMs' in next) open.push({ startedAtMs, job: next })
      else delays.push(nowMs - startedAtMs - job.durationMs)
    }
  }
  const steady = delays.slice(JOBS / 2)
  return steady.reduce((sum, ms) => sum + ms, 0) / steady.length
}

test('where the rate is short, dearer looks leave it to the jobs that are most likely done', async () => {
  const [told, untold] = [await meanDelayMs(true), await meanDelayMs(false)]
  const best = new KnownLooks(STEADY[0] ?? assert.fail()).optimumAt(GRANTED).delayMs
  assert.ok(told < 1.15 * best, `${told} ms, at best ${best} ms`)
  assert.ok(told < 0.95 * untold, `${told} ms, without it ${untold} ms`)
})
