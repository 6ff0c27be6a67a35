import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { INVARIANTS, type Invariant } from '../packages/reelay/test/docs/invariants.ts'
import { readRecords, type ProofRecord } from './proof-record.ts'

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
  const known = new Set(records.map(({ name }) => name))
  const rows = INVARIANTS.map(
    (invariant, index) => `| ${index + 1} | ${invariant.text} | ${checks(invariant, known)} |`,
  )
  return `## Invariants

Each is checked by \`npm test\`, in the files that are named, below \`packages/reelay\`; some by longer runs as well, whose records
are below.

| | what always holds | where it is checked |
|---|---|---|
${rows.join('\n')}
`
}

function checks({ tests, also = [] }: Invariant, known: ReadonlySet<string>): string {
  const files = [...new Set(tests.map(({ file }) => `\`${file}\``))]
  return [...files, ...also.filter((name) => known.has(name)).map((name) => `[${name}](#${name})`)].join(', ')
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
`
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await writeFile(join(ROOT, 'docs/proof.md'), await proofPage())
