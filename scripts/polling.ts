import { parseArgs } from 'node:util'
import {
  calibrate,
  compareAt,
  type Budget,
  type Comparison,
} from '../packages/reelay/test/polling/compare.ts'
import { DRIFTING, STEADY } from '../packages/reelay/test/polling/distributions.ts'
import { KnownLooks } from '../packages/reelay/test/polling/known-looks.ts'
import { newRecord, writeRecord } from './new-record.ts'
import type { ProofRecord } from './proof-record.ts'

const USAGE = `npm run polling -- [--seed 1] [--sets 30] [--tested 4000] [--record file.json]

Compares the learned times of looks with fixed intervals, growing ones and the optimum for the true distribution, at equal looks
to a job. Learns from 200 jobs in each of the training sets. Prints a table, fails when a limit is exceeded, and with --record
writes the figures as a record for docs/proof.md.
`
const TRAINED = 200
/** Looks to a job, and the limit of the learned delay by the optimum's. */
const TARGETS = [
  { looks: 3, ratioMax: 1.15 },
  { looks: 9, ratioMax: 1.25 },
]
const DRIFTING_RATIO_MAX = 1.5
const MAX = { seed: 1_000_000, sets: 1_000, tested: 1_000_000 }

type Row = Comparison & { target: number; ratioMax: number }

/** @throws Error with what is wrong, in words for whoever typed it */
function settingsOf(args: readonly string[]): { budget: Budget; record: string | undefined } {
  const text = { type: 'string' } as const
  const options = { seed: text, sets: text, tested: text, record: text }
  const { values } = parseArgs({ args: [...args], options })
  const of = (name: keyof typeof MAX, standard: number): number => {
    const number = Number(values[name] ?? standard)
    if (Number.isInteger(number) && number >= 1 && number <= MAX[name]) return number
    throw new Error(`--${name} must be a whole number from 1 to ${MAX[name]}, not "${values[name]}"`)
  }
  const budget = { seed: of('seed', 1), sets: of('sets', 30), trained: TRAINED, tested: of('tested', 4_000) }
  return { budget, record: values.record }
}

const HEADER = ['distribution', 'looks', 'optimum', 'learned', 'fixed', 'back-off', 'ratio', 'worst', 'limit']

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(2)} s`

function print(cells: readonly string[]): void {
  const [name = '', ...rest] = cells
  console.log(name.padEnd(32) + rest.map((cell) => cell.padStart(9)).join(' '))
}

function printRow(row: Row): void {
  const delays = [row.optimumMs, row.learnedMs, row.fixedMs, row.backoffMs].map(seconds)
  const ratios = [row.ratio, row.worstRatio].map((ratio) => ratio.toFixed(3))
  print([row.distribution, row.looks.toFixed(2), ...delays, ...ratios, row.ratioMax.toFixed(2)])
}

const rounded = (ratio: number): number => Number(ratio.toFixed(3))

/** Mean delays by the optimum's: the mean over the training sets, the worst of them, and how near the worst came to a fixed interval. */
function figuresOf(row: Row): ProofRecord['figures'] {
  const name = `${row.distribution}, ${row.looks.toFixed(2)} looks to a job`
  const delays = [`optimum ${seconds(row.optimumMs)}`, `fixed ${seconds(row.fixedMs)}`]
  const baseline = [...delays, `growing ${seconds(row.backoffMs)}`].join(', ')
  return [
    { figure: `${name}: mean delay`, value: seconds(row.learnedMs), baseline },
    {
      figure: `${name}: by the optimum's`,
      value: rounded(row.ratio),
      baseline: `worst training set ${row.worstRatio.toFixed(3)}`,
      aim: `at most ${row.ratioMax}`,
      met: row.ratio <= row.ratioMax,
    },
    {
      figure: `${name}: worst set by the fixed interval's`,
      value: rounded(row.worstToFixed),
      aim: 'at most 1',
      met: row.worstToFixed <= 1,
    },
  ]
}

async function main(): Promise<void> {
  const { budget, record } = settingsOf(process.argv.slice(2))
  print(HEADER)
  const rows: Row[] = []
  for (const { looks: target, ratioMax } of TARGETS) {
    for (const distribution of [...STEADY, ...DRIFTING]) {
      const known = new KnownLooks(distribution)
      const eagerness = await calibrate(distribution, known, target, budget)
      const comparison = await compareAt(distribution, known, eagerness, budget)
      const isDrifting = DRIFTING.includes(distribution)
      const row = { ...comparison, target, ratioMax: isDrifting ? DRIFTING_RATIO_MAX : ratioMax }
      printRow(row)
      rows.push(row)
    }
  }
  if (record !== undefined) {
    const { seed, sets, tested } = budget
    const command = `npm run polling -- --seed ${seed} --sets ${sets} --tested ${tested}`
    await writeRecord(
      record,
      await newRecord({ name: 'polling', command, seed, figures: rows.flatMap(figuresOf) }),
    )
  }
  const isOver = ({ ratio, ratioMax, worstToFixed }: Row): boolean => ratio > ratioMax || worstToFixed > 1
  const over = rows.filter(isOver).map(({ distribution, target }) => `${distribution} at ${target} looks`)
  if (over.length === 0) return
  console.error(`Over the limit: ${over.join('; ')}.`)
  process.exitCode = 1
}

try {
  await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error, `\n\n${USAGE}`)
  process.exitCode = 1
}
