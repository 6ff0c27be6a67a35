import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { INVARIANTS, type Invariant } from '../packages/reelay/test/docs/invariants.ts'
import { SIMULATED } from '../packages/reelay/test/sim/simulated-invariants.ts'
import { writeRecord } from './new-record.ts'
import { MISSES } from './proof-misses.ts'
import { proofOfRuns } from './proof-of-runs.ts'
import { readRecords, type ProofRecord } from './proof-record.ts'
import { readRun, sumRuns } from './run-record.ts'

const ROOT = fileURLToPath(new URL('../', import.meta.url))

const HEAD = `# Proof

What was measured and what was promised, each with the command that repeats it. This page is made by \`npm run proof\` from the
records in \`docs/proof/\` and from the list of invariants in \`packages/reelay/test/docs/invariants.ts\`; a test fails where it is
not what they say. The figures are those of the machine that is named with them, which had other work: a figure is
worth what its baseline in the same run makes of it.
`

/** docs/proof.md, as the records and the invariants make it. */
export async function proofPage(): Promise<string> {
  const records = await readRecords(join(ROOT, 'docs/proof'))
  return [HEAD, invariants(records), ...records.map(section)].join('\n')
}

function invariants(records: readonly ProofRecord[]): string {
  const names = records.map(({ name }) => name)
  const rows = INVARIANTS.map((invariant, index) => {
    const isSimulated = SIMULATED.some((number) => number === index + 1)
    return `| ${index + 1} | ${invariant.text} | ${checks(invariant, isSimulated, names)} |`
  })
  return `## Invariants

Each is checked by \`npm test\`, in the files that are named, below \`packages/reelay\`; some by longer runs as well, whose records
are below.

| | what always holds | where it is checked |
|---|---|---|
${rows.join('\n')}
`
}

const SIM_TEST = 'test/sim/sim.test.ts'

function checks({ tests, also = [] }: Invariant, isSimulated: boolean, records: readonly string[]): string {
  const files = new Set([...tests.map(({ file }) => file), ...(isSimulated ? [SIM_TEST] : [])])
  const proofs = isSimulated ? [...also, 'sim'] : also
  // Of a proof on several stores there is a record for each: `chaos-sqlite`.
  const shown = records.filter((name) => proofs.some((proof) => name.split('-')[0] === proof))
  return [...[...files].map((file) => `\`${file}\``), ...shown.map((name) => `[${name}](#${name})`)].join(
    ', ',
  )
}

const cell = (text: string): string => text.replaceAll('|', '\\|')

function section({ name, command, seed, commit, date, versions, figures }: ProofRecord): string {
  const about = Object.entries(versions).map(([what, version]) => `${what} ${version}`)
  const rows = figures.map(({ figure, value, unit = '', baseline = '', aim = '', met }) => {
    const verdict = met === undefined ? '' : met ? 'met' : '**missed**'
    return `| ${[figure, `${value} ${unit}`.trim(), baseline, aim, verdict].map(cell).join(' | ')} |`
  })
  return `## ${name}

\`${command}\`, ${seed === null ? 'no seed' : `seed ${seed}`}, commit \`${commit}\`, ${date.slice(0, 10)}; ${about.join(', ')}.

| figure | value | beside it | aim | |
|---|---|---|---|---|
${rows.join('\n')}
${missesOf(figures)}`
}

/** What explains the figures that missed their aims. @throws Error for one that nothing explains */
function missesOf(figures: ProofRecord['figures']): string {
  const missed = figures.filter(({ met, aim }) => met === false && aim !== '0')
  const reasons = missed.map(({ figure }) => {
    const miss = MISSES.find((one) => figure.startsWith(one.figure))
    if (miss === undefined)
      throw new Error(`nothing in proof-misses.ts explains why "${figure}" misses its aim`)
    return miss.why
  })
  if (reasons.length === 0) return ''
  return `\n**What missed its mark, and why.**\n\n${[...new Set(reasons)].map((why) => `- ${why}`).join('\n')}\n`
}

/** Runs of long proofs, by the paths of their records, added up by name to what `docs/proof/` has of them. */
async function publish(paths: readonly string[]): Promise<void> {
  for (const sum of sumRuns(await Promise.all(paths.map(readRun)))) {
    const record = proofOfRuns(sum)
    await writeRecord(join(ROOT, 'docs/proof', `${sum.name}.json`), record)
    for (const { figure, value, aim, met } of record.figures) {
      if (met !== false) continue
      console.error(`Broken in ${sum.name}: ${figure} is ${value}, not ${aim}.`)
      process.exitCode = 1
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await publish(process.argv.slice(2))
  await writeFile(join(ROOT, 'docs/proof.md'), await proofPage())
}
