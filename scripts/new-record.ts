import { mkdir, writeFile } from 'node:fs/promises'
import { availableParallelism, totalmem } from 'node:os'
import { dirname } from 'node:path'
import { currentCommit } from './current-commit.ts'
import type { ProofRecord } from './proof-record.ts'

const GIB = 1024 ** 3

/** A record of what was just found: the commit, the time, the versions and the machine are added. */
export async function newRecord(
  found: Pick<ProofRecord, 'name' | 'command' | 'seed'> & {
    figures: readonly ProofRecord['figures'][number][]
  },
): Promise<ProofRecord> {
  return {
    name: found.name,
    command: found.command,
    seed: found.seed,
    commit: await currentCommit(),
    date: new Date().toISOString(),
    versions: {
      node: process.versions.node,
      sqlite: process.versions['sqlite'] ?? 'none',
      system: `${process.platform} ${process.arch}`,
      cores: String(availableParallelism()),
      memory: `${Math.round(totalmem() / GIB)} GiB`,
    },
    figures: [...found.figures],
  }
}

export async function writeRecord(path: string, record: ProofRecord): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, `${JSON.stringify(record, null, 2)}\n`)
}
