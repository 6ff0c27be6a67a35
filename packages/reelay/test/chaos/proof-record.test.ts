import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { readProof, sumProofs, writeProof, type ProofRecord } from '../../../../scripts/proof-record.ts'
import { brokenPromises } from './chaos.ts'

const record = (seed: number, patch: Partial<ProofRecord> = {}): ProofRecord => ({
  name: 'chaos on sqlite',
  command: `npm run chaos -- --seed ${seed}`,
  seed,
  commit: 'a',
  versions: { node: 'v24' },
  startedAt: '2026-01-01T00:00:00.000Z',
  durationMs: 10,
  skipped: {},
  figures: { cycles: 3, provider: { jobs: 5, mostJobsPerTask: 1 }, broken: { 'tasks lost': 0 } },
  ...patch,
})

test('records of one proof add up, and what is the greatest stays the greatest', () => {
  const figures = {
    cycles: 4,
    provider: { jobs: 6, mostJobsPerTask: 2 },
    broken: { 'tasks lost': 1, 'keys lost': 2 },
  }
  const other = record(9, { name: 'chaos on postgres' })
  const [sum, alone] = sumProofs([record(1), record(2, { commit: 'b', figures }), other])
  assert.deepEqual(sum, {
    name: 'chaos on sqlite',
    records: 2,
    seeds: [1, 2],
    commits: ['a', 'b'],
    durationMs: 20,
    figures: {
      cycles: 7,
      provider: { jobs: 11, mostJobsPerTask: 2 },
      broken: { 'tasks lost': 1, 'keys lost': 2 },
    },
  })
  assert.deepEqual([alone?.records, alone?.figures], [1, other.figures])
  assert.deepEqual(brokenPromises(sum?.figures ?? {}), ['1 tasks lost', '2 keys lost', '2 jobs of one task'])
  assert.deepEqual(brokenPromises(other.figures), [])
})

test('the same shard does not count twice', () => {
  assert.throws(() => sumProofs([record(1), record(1)]), /the same seed/)
})

test('a record is read as it was written, and nothing else is taken for one', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'reelay-proof-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  const path = join(directory, 'shards', '1.json')
  await writeProof(path, record(1))
  assert.deepEqual(await readProof(path), record(1))
  await writeProof(path, { ...record(1), figures: undefined } as unknown as ProofRecord)
  await assert.rejects(readProof(path), /no record of a proof/)
})
