import { execFileSync } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Numbers by name, in groups. Over several runs those whose name begins with `most` or `max` are the greatest, others add up. */
export type Figures = { readonly [name: string]: number | Figures }

/** What a proof was, and what came of it: enough to repeat it, and to add it to others. */
export type ProofRecord = {
  /** Of the proof: only records of the same name add up. */
  name: string
  /** As it can be typed again in the repository's folder. */
  command: string
  /** Null for a proof that draws nothing. */
  seed: number | null
  /** Of the repository; with `+dirty` when files differ from it. */
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
export type ProofSum = {
  name: string
  records: number
  seeds: readonly (number | null)[]
  commits: readonly string[]
  durationMs: number
  figures: Figures
}

const git = (...args: string[]): string => execFileSync('git', args, { encoding: 'utf8' }).trim()

/** What is being run; `unknown` outside a repository. */
export function currentCommit(): string {
  try {
    return `${git('rev-parse', 'HEAD')}${git('status', '--porcelain') === '' ? '' : '+dirty'}`
  } catch {
    return 'unknown'
  }
}

/** The whole record, or the sum, as a file that a person can read too. */
export async function writeProof(path: string, record: ProofRecord | ProofSum): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, `${JSON.stringify(record, null, 2)}\n`)
}

const isRecord = (value: unknown): value is ProofRecord =>
  typeof value === 'object' && value !== null && 'name' in value && 'commit' in value && 'figures' in value

/** @throws Error when the file is no record: only `writeProof` writes them */
export async function readProof(path: string): Promise<ProofRecord> {
  const value: unknown = JSON.parse(await readFile(path, 'utf8'))
  if (!isRecord(value)) throw new Error(`${path} is no record of a proof`)
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
export function sumProofs(records: readonly ProofRecord[]): readonly ProofSum[] {
  const byName = Map.groupBy(records, ({ name }) => name)
  return [...byName].map(([name, own]) => {
    const seeds = own.map(({ seed }) => seed)
    if (new Set(seeds).size < seeds.length) throw new Error(`two records of ${name} have the same seed`)
    return {
      name,
      records: own.length,
      seeds,
      commits: [...new Set(own.map(({ commit }) => commit))],
      durationMs: own.reduce((sum, { durationMs }) => sum + durationMs, 0),
      figures: own.map(({ figures }) => figures).reduce(addFigures),
    }
  })
}
