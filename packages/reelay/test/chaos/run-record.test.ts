import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { proofOfRuns } from '../../../../scripts/proof-of-runs.ts'
import { readRun, sumRuns, writeRun, type RunRecord } from '../../../../scripts/run-record.ts'
import { brokenPromises } from './chaos.ts'

const record = (seed: number, patch: Partial<RunRecord> = {}): RunRecord => ({
  name: 'chaos-sqlite',
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
  const other = record(9, { name: 'chaos-postgres' })
  const [sum, alone] = sumRuns([record(1), record(2, { commit: 'b', figures }), other])
  assert.deepEqual(sum, {
    name: 'chaos-sqlite',
    command: 'npm run chaos -- --seed 1',
    versions: { node: 'v24' },
    endedAt: '2026-01-01T00:00:00.010Z',
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

test('a sum is published with a row for each figure, and with what must be 0', () => {
  const figures = { cycles: 4, provider: { jobs: 6, mostJobsPerTask: 2 }, broken: { 'tasks lost': 1 } }
  const [sum] = sumRuns([record(1), record(2, { figures })])
  assert.ok(sum !== undefined)
  const published = proofOfRuns(sum)
  assert.deepEqual(published.figures, [
    { figure: 'runs', value: 2 },
    { figure: 'seeds', value: '1, 2' },
    { figure: 'time', value: 0, unit: 'min' },
    { figure: 'cycles', value: 7 },
    { figure: 'provider: jobs', value: 11 },
    { figure: 'provider: mostJobsPerTask', value: 2, aim: 'at most 1', met: false },
    { figure: 'tasks lost', value: 1, aim: '0', met: false },
  ])
  assert.deepEqual([published.name, published.seed, published.commit], ['chaos-sqlite', 1, 'a'])
})

test('the same shard does not count twice', () => {
  assert.throws(() => sumRuns([record(1), record(1)]), /the same seed/)
})

test('a record is read as it was written, and nothing else is taken for one', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'reelay-proof-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  const path = join(directory, 'shards', '1.json')
  await writeRun(path, record(1))
  assert.deepEqual(await readRun(path), record(1))
  await writeRun(path, { ...record(1), figures: undefined } as unknown as RunRecord)
  await assert.rejects(readRun(path), /no record of a run/)
})
