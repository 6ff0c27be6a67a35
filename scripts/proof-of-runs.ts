import type { ProofRecord } from './proof-record.ts'
import type { Figures, RunSum } from './run-record.ts'

const MINUTE_MS = 60_000
/** The group of what must not happen: each is counted. */
const BROKEN = 'broken'
/** The promise that is no count: the same job is never ordered twice. */
const MOST_JOBS = 'mostJobsPerTask'

type Row = ProofRecord['figures'][number]

/** Several runs of one proof as docs/proof.md shows them: a row for each figure. */
export function proofOfRuns(sum: RunSum): ProofRecord {
  const { name, command, versions, endedAt: date, commits } = sum
  const about: readonly Row[] = [
    { figure: 'runs', value: sum.records },
    { figure: 'seeds', value: sum.seeds.join(', ') },
    { figure: 'time', value: Math.round(sum.durationMs / MINUTE_MS), unit: 'min' },
  ]
  const [seed = null] = sum.seeds
  const figures = [...about, ...rowsOf(sum.figures, [])]
  return { name, command, seed, commit: commits.join(', '), date, versions: { ...versions }, figures }
}

function rowsOf(figures: Figures, groups: readonly string[]): readonly Row[] {
  return Object.entries(figures).flatMap(([name, value]): readonly Row[] => {
    if (typeof value === 'object') return rowsOf(value, [...groups, name])
    const figure = [...groups.filter((group) => group !== BROKEN), name].join(': ')
    if (groups.includes(BROKEN)) return [{ figure, value, aim: '0', met: value === 0 }]
    if (name === MOST_JOBS) return [{ figure, value, aim: 'at most 1', met: value <= 1 }]
    return [{ figure, value }]
  })
}
