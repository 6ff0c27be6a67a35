import { z } from 'zod'
import { systemClock } from '../../src/system/clock.ts'
import { VERSION } from '../../src/version.ts'
import { ENDS, type Kill } from '../replicas/audit.ts'
import { COMET, Fleet } from '../replicas/fleet.ts'
import { openPostgresDatabase, openSqliteDatabase } from '../replicas/fleet-database.ts'
import { mountSmallDisk, unmountSmallDisk } from '../support/small-disk.ts'
import { account, type Account, type Counts } from './account.ts'
import { Cycles } from './cycles.ts'
import { EndsTold } from './ends-told.ts'
import { promptOf } from './fates.ts'
import { Load, type LoadCounts } from './load.ts'
import { Nemesis, type ChaosFleet } from './nemesis.ts'
import type { ChaosHooks, ChaosOptions } from './options.ts'
import { Targets } from './targets.ts'

/** Room on the small disk: for what one task leaves there, and besides. */
const DISK_BYTES_PER_TASK = 48 * 1024
const DISK_BYTES_MIN = 64 * 1024 * 1024
/** Replays and reads under way at a time, after the last cycle. */
const CHECKS_AT_ONCE = 16

const promisesSchema = z.object({
  broken: z.record(z.string(), z.number()),
  provider: z.object({ mostJobsPerTask: z.number() }),
})

/** From a kill until what the process held is with somebody else: its lease has to run out first. */
type Takeover = { items: number; sumMs: number; maxMs: number }

/** What one run came to, in numbers that add up over runs; those named `most` and `max` are the greatest instead. */
export type ChaosFigures = Account & {
  cycles: number
  /** Of processes that served, and of those that had begun and did not serve yet. */
  kills: { serving: number; starting: number }
  /** PostgreSQL only: processes that could not reach it in time, and were started again. */
  failedStarts: number
  struck: Counts
  requests: LoadCounts
  /** PostgreSQL only. */
  takeovers: { tasks: Takeover; deliveries: Takeover }
  durations: { cyclesMs: number; endMs: number }
}

export type ChaosOutcome = {
  versions: Readonly<Record<string, string>>
  figures: ChaosFigures
  /** What clients saw that must not be, in words. */
  seen: readonly string[]
}

/**
 * Makes tasks through random processes of a fleet while random ones are killed and replaced, until all have ended.
 * @throws Error when tasks do not end, or a request is answered as it must never be
 */
export async function runChaos(options: ChaosOptions, hooks: ChaosHooks = {}): Promise<ChaosOutcome> {
  await using fleet = await openFleet(options)
  await using told = await EndsTold.open(options.seed)
  using targets = new Targets()
  const { seed, faults } = options
  const load = new Load(targets, {
    seed,
    promptOf: (index) => promptOf(seed, index, faults),
    callbackUrl: told.url,
    burst: options.tasks / options.cycles,
  })
  const cycles = new Cycles({ fleet, targets, load, nemesis: new Nemesis(fleet, faults), options })
  await cycles.warmUp()
  const startedMs = systemClock.monotonicMs()
  await cycles.begin()
  const failed = new AbortController()
  const loading = load.run()
  // It is awaited below.
  loading.catch(() => failed.abort())
  const signal = AbortSignal.any([failed.signal, ...(hooks.signal === undefined ? [] : [hooks.signal])])
  const done = await cycles.run({ ...hooks, signal })
  load.end()
  await loading
  const cyclesMs = Math.round(systemClock.monotonicMs() - startedMs)
  await endAll(fleet, cycles)
  await checkAll(load)
  await cycles.stopAll()
  const figures = {
    cycles: done,
    kills: cycles.kills,
    failedStarts: cycles.failedStarts,
    struck: cycles.struck,
    requests: load.counts,
    ...(await account(fleet, load.prompts, told)),
    takeovers: await takeoversOf(fleet, cycles.killed),
    durations: { cyclesMs, endMs: Math.round(systemClock.monotonicMs() - startedMs) - cyclesMs },
  }
  const versions = {
    reelay: VERSION,
    node: process.version,
    [fleet.database.kind]: await fleet.database.version(),
  }
  return { versions, figures, seen: load.faults }
}

function openFleet({ store, tasks, leaseMs, faults }: ChaosOptions): Promise<ChaosFleet> {
  const openDatabase = store === 'sqlite' ? openSqliteDatabase : openPostgresDatabase
  const prepareDirectory = async (directory: string): Promise<() => Promise<void>> => {
    await mountSmallDisk(directory, DISK_BYTES_MIN + tasks * DISK_BYTES_PER_TASK)
    return () => unmountSmallDisk(directory)
  }
  return Fleet.openOn<ChaosFleet['database']>(openDatabase, {
    ...COMET,
    leaseMs,
    ...(faults.includes('disk') ? { prepareDirectory } : {}),
  })
}

const openBut = (states: string): string => `select count(*) from tasks where state not in ${states}`

/** Lets all end by itself; then the time of what lost its answer passes while nobody runs. */
async function endAll({ audit }: ChaosFleet, cycles: Cycles): Promise<void> {
  await audit.until(openBut(ENDS.replace(')', `, 'unknown')`)), [], (count) => count === 0)
  await cycles.stopAll()
  await audit.bringDeadlinesForward()
  await cycles.begin()
  await audit.until(openBut(ENDS), [], (count) => count === 0)
  await audit.until(`select count(*) from deliveries where state = 'pending'`, [], (count) => count === 0)
  await audit.until('select count(*) from schedule', [], (count) => count === 0)
}

/** Every accepted task is there, and its key still answers it. */
async function checkAll(load: Load): Promise<void> {
  const ids = [...load.idsFrom(0)]
  const check = async (): Promise<void> => {
    for (let id = ids.pop(); id !== undefined; id = ids.pop()) {
      await load.read(id)
      await load.replay(id)
    }
  }
  await Promise.all(Array.from({ length: CHECKS_AT_ONCE }, check))
}

async function takeoversOf(
  { database }: ChaosFleet,
  kills: readonly Kill[],
): Promise<ChaosFigures['takeovers']> {
  const of = async (prefix: 'video_' | 'dlv_'): Promise<Takeover> => {
    if (database.kind !== 'postgres') return { items: 0, sumMs: 0, maxMs: 0 }
    const ms = (await Promise.all(kills.map((kill) => database.audit.takeoversMs(kill, prefix)))).flat()
    return { items: ms.length, sumMs: ms.reduce((sum, one) => sum + one, 0), maxMs: Math.max(0, ...ms) }
  }
  return { tasks: await of('video_'), deliveries: await of('dlv_') }
}

/** What figures must not hold, in words; empty for a run, or the sum of several, that kept every promise. */
export function brokenPromises(figures: object): string[] {
  const { broken, provider } = promisesSchema.parse(figures)
  const counts = Object.entries(broken).flatMap(([what, count]) => (count === 0 ? [] : [`${count} ${what}`]))
  return provider.mostJobsPerTask > 1 ? [...counts, `${provider.mostJobsPerTask} jobs of one task`] : counts
}
