import { parseArgs } from 'node:util'
import { lineOf, type Plan } from '../packages/reelay/test/sim/commands.ts'
import { shrink, simulate, type Totals } from '../packages/reelay/test/sim/simulate.ts'
import { simulateDecide } from '../packages/reelay/test/sim/simulate-decide.ts'
import { VERSION } from '../packages/reelay/src/version.ts'
import { currentCommit } from './current-commit.ts'
import { writeRun, type Figures } from './run-record.ts'

const USAGE = `npm run sim -- [--seed 1] [--sequences 1000] [--store memory|disk] [--decide 0] [--record file.json]

Runs the whole core in simulated worlds, one for each seed from --seed on: virtual time, a provider and receivers that fail,
processes that are killed and frozen, a store and a disk that are full. Every promise is checked after every step. The first
one that is broken ends the run, and is printed with its seed and the fewest commands that still break it.

--decide N runs N random lives of a task by the decisions alone as well. --record writes what was done as JSON; records of runs with
other seeds add up: npm run proof -- a.json b.json
`
const COUNT_MAX = 10_000_000
const SEED_MAX = 2 ** 31
const DEFAULTS = { seed: '1', sequences: '1000', decide: '0' }
const WORD_EVERY_MS = 10_000
const MS_PER_SECOND = 1_000

type Options = {
  seed: number
  sequences: number
  decide: number
  store: 'memory' | 'disk'
  record: string | undefined
}

/** @throws Error with what is wrong, in words for whoever typed it */
function optionsOf(args: readonly string[]): Options {
  const text = { type: 'string' } as const
  const options = { seed: text, sequences: text, store: text, decide: text, record: text }
  const { values } = parseArgs({ args: [...args], options })
  const of = (name: keyof typeof DEFAULTS, most: number): number => {
    const number = Number(values[name] ?? DEFAULTS[name])
    if (Number.isInteger(number) && number >= 0 && number <= most) return number
    throw new Error(`--${name} must be a whole number from 0 to ${most}, not "${values[name]}"`)
  }
  const { store = 'memory', record } = values
  if (store !== 'memory' && store !== 'disk') throw new Error(`--store is memory or disk, not "${store}"`)
  const decide = of('decide', COUNT_MAX)
  return { seed: of('seed', SEED_MAX), sequences: of('sequences', COUNT_MAX), decide, store, record }
}

const wordsOf = ({ sequences, commands, steps, simulatedHours }: Totals, seconds: number): string =>
  `${sequences} sequences, ${commands} commands, ${steps} steps, ${simulatedHours.toFixed(1)} simulated hours in ` +
  `${seconds.toFixed(1)} s: ${(simulatedHours / seconds).toFixed(2)} hours per second`

/** Says at times how far it is, so that nobody takes a long run for a hanging one. */
function teller(): (words: () => string) => void {
  let saidAtMs = performance.now()
  return (words) => {
    if (performance.now() - saidAtMs < WORD_EVERY_MS) return
    saidAtMs = performance.now()
    console.error(words())
  }
}

function printPlan({ seed, replicas, commands }: Plan, store: string): void {
  console.log(`Seed ${seed}, ${replicas} process(es), ${store}. The fewest commands that break it:`)
  for (const command of commands) console.log(`  ${lineOf(command)}`)
  console.log(`Replay: npm run sim -- --seed ${seed} --sequences 1 --store ${store}`)
}

async function runSequences({ seed, sequences, store }: Options): Promise<Figures> {
  const startedAtMs = performance.now()
  const tell = teller()
  const seconds = (): number => (performance.now() - startedAtMs) / MS_PER_SECOND
  const progress = (totals: Totals): void => tell(() => wordsOf(totals, seconds()))
  const { totals, failure } = await simulate({ seed, sequences, store, progress })
  const tookSeconds = seconds()
  console.log(wordsOf(totals, tookSeconds))
  const [broken] = failure?.broken ?? []
  if (failure !== undefined && broken !== undefined) {
    console.log(`Broken: invariant ${broken.invariant}, ${broken.text}\n${broken.what}`)
    printPlan(await shrink(failure.plan, store, broken.invariant), store)
    process.exitCode = 1
  }
  const { checks, ...counts } = totals
  const checked = Object.values(checks).reduce((sum, count) => sum + count, 0)
  const violations = broken === undefined ? 0 : 1
  return { ...counts, checks: checked, seconds: tookSeconds, broken: { 'broken invariants': violations } }
}

function runDecide({ seed, decide }: Options): Figures {
  const tell = teller()
  const startedAtMs = performance.now()
  const { runs, failure } = simulateDecide(seed, decide, (done) => tell(() => `${done} lives`))
  const seconds = (performance.now() - startedAtMs) / MS_PER_SECOND
  console.log(`${runs} lives by the decisions alone in ${seconds.toFixed(1)} s`)
  if (failure !== undefined) {
    console.log(failure)
    process.exitCode = 1
  }
  return { lives: runs, seconds, broken: { 'broken rules of a task': failure === undefined ? 0 : 1 } }
}

async function main(): Promise<void> {
  const options = optionsOf(process.argv.slice(2))
  const { seed, sequences, decide, store, record } = options
  const startedAtMs = Date.now()
  const commit = await currentCommit()
  const figures: Figures = {
    ...(sequences > 0 ? await runSequences(options) : {}),
    ...(decide > 0 ? { 'decisions alone': runDecide(options) } : {}),
  }
  if (record === undefined) return
  const { node, sqlite = '' } = process.versions
  await writeRun(record, {
    name: sequences > 0 ? `sim-${store}` : 'sim-decide',
    command: `npm run sim -- --seed ${seed} --sequences ${sequences} --store ${store} --decide ${decide}`,
    seed,
    commit,
    versions: { reelay: VERSION, node, sqlite },
    startedAt: new Date(startedAtMs).toISOString(),
    durationMs: Date.now() - startedAtMs,
    skipped: {},
    figures,
  })
}

try {
  await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error, `\n\n${USAGE}`)
  process.exitCode = 1
}
