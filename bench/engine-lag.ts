import { setTimeout as sleep } from 'node:timers/promises'
import { atMost, percentile, plain, type BenchOptions, type Figure } from './figure.ts'
import { accountOf, PolledFleet } from './polled-fleet.ts'
import type { SeededJob } from './seed-jobs.ts'

const LATENCY_MS = 200
const TASKS = [1_000, 10_000]
const TASKS_LONG = 100_000
/** Looks per second, and what 95 of 100 of them may be late. */
const PACES = [
  { perSecond: 50, p95MsMax: 100 },
  { perSecond: 500, p95MsMax: 250 },
  { perSecond: 1_000, p95MsMax: 1_000 },
] as const
/** What a start takes is no lag. */
const START_MS = 4_000
const WARM_UP_MS = 3_000
const MEASURED_MS = 10_000
const MEASURED_SHORT_MS = 3_000
const START_PER_TASK_MS = 0.1

type Pace = (typeof PACES)[number]

/** How late looks leave, from their due time, at a steady pace. */
export async function benchEngineLag({ isLong, isShort }: BenchOptions): Promise<readonly Figure[]> {
  const figures: Figure[] = []
  for (const tasks of isLong ? [...TASKS, TASKS_LONG] : isShort ? TASKS.slice(0, 1) : TASKS) {
    for (const pace of PACES) {
      const ran = await run(pace, tasks, isShort ? MEASURED_SHORT_MS : MEASURED_MS)
      const [p50, p95, max] = [0.5, 0.95, 1].map((share) => percentile(ran.lagsMs, share).toFixed(0))
      console.log(
        `  ${tasks} in flight, ${pace.perSecond}/s wanted: ${ran.perSecond.toFixed(0)}/s, lag p50 ${p50}, p95 ${p95}, max ${max} ms`,
      )
      figures.push(...report(pace, tasks, ran))
    }
  }
  return figures
}

type Ran = { lagsMs: readonly number[]; perSecond: number }

async function run({ perSecond }: Pace, tasks: number, measuredMs: number): Promise<Ran> {
  const cycleMs = (tasks / perSecond) * 1_000
  const startMs = Date.now() + START_MS + tasks * START_PER_TASK_MS
  // Spread evenly over the time after which each comes again: the pace is steady from its beginning.
  const jobs = Array.from({ length: tasks }, (_, index): SeededJob => {
    const dueAtMs = Math.round(startMs + (index / tasks) * cycleMs)
    return {
      account: accountOf(index),
      jobId: `0_${index}_${dueAtMs}`,
      dueAtMs,
      startedAtMs: Date.now() - 60_000,
    }
  })
  const intervalMs = Math.max(1, Math.round(cycleMs - LATENCY_MS))
  await using fleet = await PolledFleet.open({ latencyMs: LATENCY_MS, intervalMs, jobs })
  const fromMs = Math.max(startMs, Date.now()) + WARM_UP_MS
  await sleep(fromMs + measuredMs - Date.now())
  const lags = await fleet.lags()
  const lagsMs = lags
    .filter(({ atMs }) => atMs >= fromMs && atMs < fromMs + measuredMs)
    .map(({ lagMs }) => Math.max(0, lagMs))
  return { lagsMs, perSecond: (lagsMs.length * 1_000) / measuredMs }
}

function report({ perSecond, p95MsMax }: Pace, tasks: number, ran: Ran): readonly Figure[] {
  const what = `looks at ${perSecond}/s, ${tasks} in flight, upstream ${LATENCY_MS} ms`
  const baseline = `${ran.perSecond.toFixed(0)} looks/s achieved`
  const p95 = { figure: `${what}: lag p95`, value: percentile(ran.lagsMs, 0.95), unit: 'ms', baseline }
  return [
    plain({ figure: `${what}: lag p50`, value: percentile(ran.lagsMs, 0.5), unit: 'ms', baseline }),
    atMost(p95MsMax, p95),
    plain({ figure: `${what}: lag max`, value: percentile(ran.lagsMs, 1), unit: 'ms', baseline }),
  ]
}
