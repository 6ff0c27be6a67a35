import { setTimeout as sleep } from 'node:timers/promises'
import { atMost, type BenchOptions, type Figure } from './figure.ts'
import { accountOf, PolledFleet } from './polled-fleet.ts'
import { residentBytes } from './resident.ts'
import type { SeededJob } from './seed-jobs.ts'

const PER_SECOND = 100
const TASKS = [1_000, 100_000]
const RUN_MS = 20_000
const RUN_SHORT_MS = 5_000
const LATENCY_MS = 5
const KIB = 1_024
const MEGABYTE = 1e6

/** What one more task in flight costs, where the looks per second stay the same: a hundred thousand beside a thousand. */
export async function benchMemoryInFlight({ isShort }: BenchOptions): Promise<readonly Figure[]> {
  const bytes: number[] = []
  for (const tasks of TASKS) {
    bytes.push(await memoryWith(tasks, isShort ? RUN_SHORT_MS : RUN_MS))
    console.log(
      `  ${tasks} in flight, ${PER_SECOND} looks/s: ${((bytes.at(-1) ?? 0) / MEGABYTE).toFixed(0)} MB resident`,
    )
  }
  const [few = 0, many = 0] = bytes
  const [fewer = 0, more = 0] = TASKS
  return [
    atMost(1, {
      figure: `memory per task in flight, ${fewer} to ${more}`,
      value: (many - few) / (more - fewer) / KIB,
      unit: 'KiB',
      baseline: `${(few / MEGABYTE).toFixed(0)} MB with ${fewer}, ${(many / MEGABYTE).toFixed(0)} MB with ${more}`,
    }),
  ]
}

async function memoryWith(tasks: number, runMs: number): Promise<number> {
  const nowMs = Date.now()
  const cycleMs = (tasks / PER_SECOND) * 1_000
  const jobs = Array.from({ length: tasks }, (_, index): SeededJob => {
    const dueAtMs = Math.round(nowMs + (index / tasks) * cycleMs)
    return { account: accountOf(index), jobId: `0_${index}_${dueAtMs}`, dueAtMs, startedAtMs: nowMs - 60_000 }
  })
  await using fleet = await PolledFleet.open({ latencyMs: LATENCY_MS, intervalMs: cycleMs, jobs })
  await sleep(runMs)
  return await residentBytes(fleet.gateway)
}
