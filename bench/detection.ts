import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemIds } from '../packages/reelay/src/system/ids.ts'
import { atMost, percentile, plain, type BenchOptions, type Figure } from './figure.ts'
import { accountOf, PolledFleet } from './polled-fleet.ts'
import { databaseIn, type SeededJob } from './seed-jobs.ts'

/** All at one pace would be a hundred thousand videos: so many end while it is looked, the rest go on. */
const ENDING_MAX = 200
const TASKS = [100, 1_000, 10_000]
const TASKS_LONG = 100_000
const LATENCIES_MS = [5, 200, 2_000]
const SPREAD_MS = 20_000
/** How far apart the first looks are: about what the provider's own pace makes of them. */
const FIRST_LOOKS_MS = 15_000
const START_MS = 5_000
const START_PER_TASK_MS = 0.1
/** After the last end; what has not been noticed by then counts with this. */
const LATEST_MS = 45_000
const CHECK_MS = 500
/** A callback becomes a stored end within this, and a look and a download. */
const CALLBACK_MS = 100
const ROUND_TRIPS = 2

type Case = { tasks: number; latencyMs: number; hasCallbacks: boolean; isShort: boolean }

type Found = { delaysMs: readonly number[]; looksPerTask: number; missed: number }

/** From the end of a job at its provider to the stored end of its task, video and all, with other tasks in flight. */
export async function benchDetection({ isLong, isShort }: BenchOptions): Promise<readonly Figure[]> {
  const figures: Figure[] = []
  const all = isLong ? [...TASKS, TASKS_LONG] : isShort ? TASKS.slice(0, 1) : TASKS
  for (const tasks of all) {
    for (const latencyMs of isShort ? [LATENCIES_MS[1] ?? 0] : LATENCIES_MS) {
      for (const hasCallbacks of [false, true]) {
        const each = { tasks, latencyMs, hasCallbacks, isShort }
        figures.push(...report(each, await run(each)))
      }
    }
  }
  return figures
}

async function run({ tasks, latencyMs, hasCallbacks, isShort }: Case): Promise<Found> {
  const ending = Math.min(tasks, isShort ? ENDING_MAX / 10 : ENDING_MAX)
  const spreadMs = isShort ? SPREAD_MS / 4 : SPREAD_MS
  const startMs = Math.round(Date.now() + START_MS + tasks * START_PER_TASK_MS)
  const jobs = Array.from({ length: tasks }, (_, index): SeededJob & { endMs: number; token: string } => {
    const endMs = index < ending ? Math.round(startMs + (index / ending) * spreadMs) : 0
    // Not in the order of their ends.
    const dueAtMs = Math.round(startMs + ((index * 7_919) % tasks) * (FIRST_LOOKS_MS / tasks))
    const account = accountOf(index)
    const jobId = `${endMs}_${index}_${dueAtMs}`
    return { account, jobId, dueAtMs, startedAtMs: startMs - 60_000, endMs, token: systemIds.secret(32) }
  })
  await using fleet = await PolledFleet.open({ latencyMs, jobs })
  const ends = jobs.slice(0, ending)
  if (hasCallbacks) {
    const calls = ends.map(({ account, jobId, endMs, token }) => ({
      jobId,
      atMs: endMs,
      url: `${fleet.gateway.url}/hooks/${account}/${token}`,
    }))
    await fetch(`${fleet.upstream.url}/callbacks`, { method: 'POST', body: JSON.stringify(calls) })
  }
  return await found(fleet, ends, startMs + spreadMs + LATEST_MS)
}

async function found(
  fleet: PolledFleet,
  ends: readonly { jobId: string; endMs: number }[],
  untilMs: number,
): Promise<Found> {
  using database = new DatabaseSync(databaseIn(fleet.directory), { readOnly: true })
  const read = database.prepare(
    `select provider_task_id as jobId, completed_at as completedAtMs from attempts
      join tasks on tasks.id = task_id where tasks.state = 'completed'`,
  )
  let rows = read.all()
  while (rows.length < ends.length && Date.now() < untilMs) {
    await sleep(CHECK_MS)
    rows = read.all()
  }
  const stored = new Map(rows.map((row) => [String(row['jobId']), Number(row['completedAtMs'])]))
  const { looks } = await fleet.stats()
  const looksOf = new Map(looks)
  return {
    delaysMs: ends.map(({ jobId, endMs }) => (stored.get(jobId) ?? untilMs) - endMs),
    looksPerTask: ends.reduce((sum, { jobId }) => sum + (looksOf.get(jobId) ?? 0), 0) / ends.length,
    missed: ends.filter(({ jobId }) => !stored.has(jobId)).length,
  }
}

function report(
  { tasks, latencyMs, hasCallbacks }: Case,
  { delaysMs, looksPerTask, missed }: Found,
): readonly Figure[] {
  const [p50 = 0, p95 = 0, max = 0] = [0.5, 0.95, 1].map((share) => percentile(delaysMs, share))
  const how = hasCallbacks ? 'with callbacks' : 'looks only'
  console.log(
    `  ${tasks} in flight, upstream ${latencyMs} ms, ${how}: p50 ${p50}, p95 ${p95}, max ${max} ms; ` +
      `${looksPerTask.toFixed(1)} looks per task; ${missed} of ${delaysMs.length} not seen`,
  )
  const what = `end to stored end, ${tasks} in flight, upstream ${latencyMs} ms, ${how}`
  const baseline = `${delaysMs.length} videos fetched and stored`
  const late = { figure: `${what}: p95`, value: p95, unit: 'ms', baseline }
  return [
    plain({ figure: `${what}: p50`, value: p50, unit: 'ms', baseline }),
    hasCallbacks ? atMost(CALLBACK_MS + ROUND_TRIPS * latencyMs, late) : plain(late),
    plain({ figure: `${what}: max`, value: max, unit: 'ms', baseline }),
    plain({ figure: `${what}: looks per task`, value: looksPerTask, baseline }),
  ]
}
