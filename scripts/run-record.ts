import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Numbers by name, in groups. Over several runs those whose name begins with `most` or `max` are the greatest, others add up. */
export type Figures = { readonly [name: string]: number | Figures }

/** What one run of a long proof was, and what came of it: enough to repeat it, and to add it to runs with other seeds. */
export type RunRecord = {
  /** Of the proof: only records of the same name add up. */
  name: string
  /** As it can be typed again in the repository's folder. */
  command: string
  /** Null for a proof that draws nothing. */
  seed: number | null
  /** That was run, with `+` behind it when files differed from it. */
  commit: string
  /** Of what took part: `reelay`, `node`, and the stores. */
  versions: Readonly<Record<string, string>>
  /** When it began, in ISO 8601. */
  startedAt: string
  durationMs: number
  /** Parts that were left out, each with the reason. */
  skipped: Readonly<Record<string, string>>
  figures: Figures
}

/** Several records of one proof. */
export type RunSum = {
  name: string
  /** Of the first of them; the others had other seeds. */
  command: string
  versions: Readonly<Record<string, string>>
  /** When the last of them ended, in ISO 8601. */
  endedAt: string
  records: number
  seeds: readonly (number | null)[]
  commits: readonly string[]
  durationMs: number
  figures: Figures
}

/** As a file that a person can read too. */
export async function writeRun(path: string, record: RunRecord): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, `${JSON.stringify(record, null, 2)}\n`)
}

const isRecord = (value: unknown): value is RunRecord =>
  typeof value === 'object' && value !== null && 'name' in value && 'commit' in value && 'figures' in value

/** @throws Error when the file is no record: only `writeRun` writes them */
export async function readRun(path: string): Promise<RunRecord> {
  const value: unknown = JSON.parse(await readFile(path, 'utf8'))
  if (!isRecord(value)) throw new Error(`${path} is no record of a run`)
  return value
}

const isGreatest = (name: string): boolean => /^(?:most|max)/.test(name)

/** A figure that only one of them has is taken as it is. */
function addFigures(one: Figures, other: Figures): Figures {
  const names = new Set([...Object.keys(one), ...Object.keys(other)])
  return Object.fromEntries([...names].map((name) => [name, addFigure(name, one[name], other[name])]))
}

function addFigure(
  name: string,
  one: number | Figures | undefined,
  other: number | Figures | undefined,
): number | Figures {
  if (one === undefined || other === undefined) return one ?? other ?? 0
  if (typeof one === 'number' && typeof other === 'number') {
    return isGreatest(name) ? Math.max(one, other) : one + other
  }
  if (typeof one === 'object' && typeof other === 'object') return addFigures(one, other)
  throw new Error(`"${name}" is a number in one record and a group in another`)
}

/** One sum for each name. @throws Error when two records of one name have the same seed: one of them would count twice */
export function sumRuns(records: readonly RunRecord[]): readonly RunSum[] {
  const byName = Map.groupBy(records, ({ name }) => name)
  return [...byName].map(([name, own]) => {
    const seeds = own.map(({ seed }) => seed)
    const endedMs = own.map(({ startedAt, durationMs }) => Date.parse(startedAt) + durationMs)
    if (new Set(seeds).size < seeds.length) throw new Error(`two records of ${name} have the same seed`)
    return {
      name,
      command: own[0]?.command ?? '',
      versions: Object.assign({}, ...own.map(({ versions }) => versions)),
      endedAt: new Date(Math.max(...endedMs)).toISOString(),
      records: own.length,
      seeds,
      commits: [...new Set(own.map(({ commit }) => commit))],
      durationMs: own.reduce((sum, { durationMs }) => sum + durationMs, 0),
      figures: own.map(({ figures }) => figures).reduce(addFigures),
    }
  })
}
