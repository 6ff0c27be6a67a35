import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { parseArgs } from 'node:util'
import { brokenPromises, runChaos } from '../packages/reelay/test/chaos/chaos.ts'
import { FAULTS, type ChaosOptions, type Fault } from '../packages/reelay/test/chaos/options.ts'
import { mountObstacle, OWN_MOUNTS } from '../packages/reelay/test/support/small-disk.ts'
import { currentCommit } from './current-commit.ts'
import { writeRun, type RunRecord } from './run-record.ts'

const USAGE = `npm run chaos -- [options]

Real gateway processes under load, killed at random moments again and again, with a provider in a process of its own that
keeps a ledger of what it was really asked for. Prints a record as JSON, and fails when a promise was broken.

  --store sqlite|postgres  default sqlite
  --cycles 100             kills of a process that serves; each has another one take its place
  --tasks 1000             made over all cycles; default ten a cycle
  --replicas 1             processes at a time: one on SQLite; default two on PostgreSQL
  --seed 1                 draws the moments, the faults and what becomes of each task at the provider
  --lease-ms 2000          how long a process may hold a task without a sign of life
  --faults kill,reset      of: ${FAULTS.join(', ')}; default all that the store and the machine allow
  --minutes 10             no new cycle begins after that, or after SIGTERM; what was done is accounted for
  --record file.json       also writes the record there

Records of runs with different seeds add up: npm run proof -- a.json b.json
`
const LIMITS = {
  replicas: 16,
  tasks: 1_000_000,
  cycles: 100_000,
  seed: 2 ** 31,
  'lease-ms': 300_000,
  minutes: 10_000,
}
const TASKS_PER_CYCLE = 10
const MINUTE_MS = 60_000
/** Far more than a cycle takes, and than the end does. */
const CYCLE_MS_MAX = 15_000
const END_MS_MAX = 60 * MINUTE_MS
/** Set where this process has mounts of its own. */
const OWN_MOUNTS_MARK = 'REELAY_CHAOS_OWN_MOUNTS'
const REPORT_EVERY = 25

type Settings = {
  options: ChaosOptions
  skipped: Record<string, string>
  minutes: number | undefined
  record: string | undefined
}

const text = { type: 'string' } as const

const readArguments = (args: readonly string[]) =>
  parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      store: text,
      cycles: text,
      tasks: text,
      replicas: text,
      seed: text,
      'lease-ms': text,
      faults: text,
      minutes: text,
      record: text,
      help: { type: 'boolean' },
    },
  })

type Values = ReturnType<typeof readArguments>['values']

/** @throws Error with what is wrong, in words for whoever typed it */
function numberOf(values: Values, name: keyof typeof LIMITS, fallback: number): number {
  const number = Number(values[name] ?? fallback)
  if (Number.isInteger(number) && number >= 1 && number <= LIMITS[name]) return number
  throw new Error(`--${name} must be a whole number from 1 to ${LIMITS[name]}, not "${values[name]}"`)
}

function faultsOf(value: string | undefined): readonly Fault[] {
  if (value === undefined) return FAULTS
  return value.split(',').map((name) => {
    const fault = FAULTS.find((known) => known === name.trim())
    if (fault === undefined) throw new Error(`--faults: "${name}" is none of ${FAULTS.join(', ')}`)
    return fault
  })
}

async function settingsOf(values: Values): Promise<Settings> {
  const { store = 'sqlite' } = values
  if (store !== 'sqlite' && store !== 'postgres') throw new Error('--store must be sqlite or postgres')
  const replicas = numberOf(values, 'replicas', store === 'sqlite' ? 1 : 2)
  if (store === 'sqlite' && replicas > 1) throw new Error('--replicas: one process owns an SQLite database')
  const skipped: Record<string, string> = {}
  if (store === 'sqlite') skipped['store'] = 'SQLite has no server that could stop'
  const obstacle = await mountObstacle(tmpdir())
  if (obstacle !== false) skipped['disk'] = obstacle
  const cycles = numberOf(values, 'cycles', 100)
  const wanted = faultsOf(values.faults)
  for (const fault of Object.keys(skipped)) if (!wanted.some((name) => name === fault)) delete skipped[fault]
  const options: ChaosOptions = {
    store,
    replicas,
    cycles,
    tasks: numberOf(values, 'tasks', cycles * TASKS_PER_CYCLE),
    seed: numberOf(values, 'seed', 1),
    leaseMs: numberOf(values, 'lease-ms', 2_000),
    faults: wanted.filter((fault) => skipped[fault] === undefined),
  }
  const minutes = values.minutes === undefined ? undefined : numberOf(values, 'minutes', 1)
  return { options, skipped, minutes, record: values.record }
}

/** A full disk is a mount of ours: it must end with us, however we end. Answers the exit code. */
async function runWithOwnMounts(): Promise<number> {
  const node = [process.execPath, ...process.execArgv, ...process.argv.slice(1)]
  const child = spawn('unshare', [...OWN_MOUNTS, ...node], {
    stdio: 'inherit',
    env: { ...process.env, [OWN_MOUNTS_MARK]: 'yes' },
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
  await once(child, 'exit')
  return child.exitCode ?? 1
}

/** SIGTERM asks for an early end. SIGINT, which a terminal sends to every process of a run, is one. */
function untilAsked(minutes: number | undefined): AbortSignal {
  const asked = new AbortController()
  process.on('SIGTERM', () => asked.abort())
  process.on('SIGINT', () => fail('interrupted'))
  if (minutes === undefined) return asked.signal
  return AbortSignal.any([asked.signal, AbortSignal.timeout(minutes * MINUTE_MS)])
}

async function run({ options, skipped, minutes, record: path }: Settings): Promise<void> {
  const startedAt = new Date()
  const commit = await currentCommit()
  const msMax = options.cycles * CYCLE_MS_MAX + END_MS_MAX
  const late = setTimeout(() => fail(`no end after ${msMax / MINUTE_MS} minutes`), msMax)
  const { versions, figures, seen } = await runChaos(options, {
    signal: untilAsked(minutes),
    onCycle: (cycle) => {
      const seconds = Math.round((Date.now() - startedAt.getTime()) / 1_000)
      if (cycle % REPORT_EVERY === 0)
        console.error(`cycle ${cycle} of ${options.cycles} after ${seconds} seconds`)
    },
  })
  clearTimeout(late)
  const record: RunRecord = {
    name: `chaos-${options.store}`,
    command: commandOf(options),
    seed: options.seed,
    commit,
    versions,
    startedAt: startedAt.toISOString(),
    durationMs: Date.now() - startedAt.getTime(),
    skipped,
    figures,
  }
  console.log(JSON.stringify(record, null, 2))
  if (path !== undefined) await writeRun(path, record)
  const broken = [...brokenPromises(figures), ...seen]
  if (broken.length === 0) return
  console.error(`Broken promises with --seed ${options.seed}: ${broken.join('; ')}.`)
  process.exitCode = 1
}

const commandOf = ({ store, cycles, tasks, replicas, seed, leaseMs, faults }: ChaosOptions): string =>
  `npm run chaos -- --store ${store} --cycles ${cycles} --tasks ${tasks} --replicas ${replicas} ` +
  `--seed ${seed} --lease-ms ${leaseMs} --faults ${faults.join(',')}`

/** Leaves no process behind: those that were started end with this one. */
function fail(message: string): never {
  console.error(message)
  process.exit(1)
}

async function main(): Promise<void> {
  const { values, positionals } = readArguments(process.argv.slice(2))
  if (values.help === true) return console.log(USAGE)
  if (positionals.length > 0) throw new Error(`"${positionals[0]}" is no option`)
  const settings = await settingsOf(values)
  const wantsMounts = settings.options.faults.includes('disk')
  if (wantsMounts && process.env[OWN_MOUNTS_MARK] === undefined) {
    process.exitCode = await runWithOwnMounts()
    return
  }
  await run(settings).catch((error: unknown) => {
    console.error(error)
    fail(`The run with --seed ${settings.options.seed} came to no end that could be accounted for.`)
  })
}

try {
  await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error, `\n\n${USAGE}`)
  process.exitCode = 1
}
