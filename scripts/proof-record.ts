import { glob, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { z } from 'zod'

/** What one run of a measurement or of a long test found: `docs/proof.md` is made of the records in `docs/proof/`. */
export type ProofRecord = {
  /** Also the name of its file, without `.json`. */
  name: string
  /** What repeats it, in the repository's folder. */
  command: string
  /** Of its random numbers; null where it draws none. */
  seed: number | null
  /** That was measured, with `+` behind it when files differed from it. */
  commit: string
  /** When it ended, as ISO 8601. */
  date: string
  /** Of Node, SQLite and the like, and what the machine has; never its name. */
  versions: Record<string, string>
  figures: {
    figure: string
    value: number | string
    unit?: string
    /** What was measured beside it in the same run. */
    baseline?: string
    /** In words, as `at most 120`. */
    aim?: string
    met?: boolean
  }[]
}

const recordSchema: z.ZodType<ProofRecord> = z.strictObject({
  name: z.string(),
  command: z.string(),
  seed: z.number().nullable(),
  commit: z.string(),
  date: z.iso.datetime(),
  versions: z.record(z.string(), z.string()),
  figures: z.array(
    z.strictObject({
      figure: z.string(),
      value: z.union([z.number(), z.string()]),
      unit: z.string().exactOptional(),
      baseline: z.string().exactOptional(),
      aim: z.string().exactOptional(),
      met: z.boolean().exactOptional(),
    }),
  ),
})

/** All records of a folder, by name. @throws Error naming the file that is none */
export async function readRecords(folder: string): Promise<readonly ProofRecord[]> {
  const records: ProofRecord[] = []
  for await (const file of glob('*.json', { cwd: folder })) {
    const parsed = recordSchema.safeParse(JSON.parse(await readFile(join(folder, file), 'utf8')))
    if (!parsed.success) throw new Error(`${file} is no record: ${z.prettifyError(parsed.error)}`)
    if (parsed.data.name !== basename(file, '.json')) throw new Error(`${file} is named otherwise within`)
    records.push(parsed.data)
  }
  return records.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}
