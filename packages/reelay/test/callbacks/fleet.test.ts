import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isTerminal } from '../../src/task/state.ts'
import type { Verdict } from '../../src/task/verdict.ts'
import { done } from '../engine/scripted-provider.ts'
import { seededNumbers } from '../support/seeded-numbers.ts'
import { CallbackHarness } from './callback-harness.ts'
import type { Call } from './calling-provider.ts'

const SEED = 20_261
const TASKS = 200
const COPIES = 5
const FORGED_SHARE = 0.2

/** When a job ends, from its submit, and how; `null` for one that never does. None ends before its first regular look. */
type Fate = { afterMs: number; verdict: Verdict } | null

function fatesOf(count: number): readonly Fate[] {
  const random = seededNumbers(SEED)
  return Array.from({ length: count }, () => {
    const dice = random()
    if (dice < 0.02) return null
    const failed: Verdict = { kind: 'failed', code: 'provider_failed', detail: 'no' }
    return { afterMs: Math.round(70_000 + random() * 400_000), verdict: dice < 0.2 ? failed : done }
  })
}

/** What the provider says of a job, and when: each word several times, some of them forged, in no order. */
type Said = { afterMs: number; index: number; call: Call }

function sayings(fates: readonly Fate[]): readonly Said[] {
  const random = seededNumbers(SEED + 1)
  const said: Said[] = []
  for (const [index, fate] of fates.entries()) {
    const endMs = fate?.afterMs ?? 500_000
    const words: readonly Call[] = [
      { id: `job-${index}`, hint: 'moved' },
      { id: `job-${index}`, hint: 'ended', signature: 'good' },
      { id: `job-${(index + 1) % fates.length}`, hint: 'ended' },
    ]
    for (const word of words) {
      for (let copy = 0; copy < COPIES; copy += 1) {
        const isForged = random() < FORGED_SHARE
        const call: Call = isForged ? { ...word, id: 'of nobody', signature: 'bad' } : word
        // Also before the end that it announces, and long after.
        said.push({ afterMs: 2_000 + Math.round(random() * (endMs + 60_000)), index, call })
      }
    }
  }
  return said.toSorted((a, b) => a.afterMs - b.afterMs)
}

type Ended = { task: object; artifacts: readonly object[]; kinds: readonly string[] }
type Run = { ended: readonly Ended[]; looks: number; meanDelayMs: number }

/** Runs all jobs to their ends, with what the provider says on the way. Everything is in the order of the jobs. */
async function run(fates: readonly Fate[], said: readonly Said[]): Promise<Run> {
  await using c = await CallbackHarness.open()
  const { harness, provider } = c
  for (let index = 0; index < fates.length; index += 1) await c.create()
  const startMs = c.nowMs
  await harness.until(() => provider.jobs.length === fates.length, 'all are submitted')
  const ids = provider.jobs.map(({ url }) => c.target(url)?.taskId ?? '')
  const seenAtMs = new Map<string, number>()
  harness.store.onChange((id) => {
    const { state } = harness.task(id)
    if ((state === 'archiving' || isTerminal(state)) && !seenAtMs.has(id)) seenAtMs.set(id, c.nowMs)
  })
  const ends = fates.map((fate, index) => ({
    afterMs: fate?.afterMs ?? 0,
    act: async () => provider.end(index, fate?.verdict ?? { kind: 'running' }),
  }))
  const calls = said.map(({ afterMs, index, call }) => ({ afterMs, act: () => c.call(index, call) }))
  for (const { afterMs, act } of [...ends, ...calls].toSorted((a, b) => a.afterMs - b.afterMs)) {
    if (c.nowMs < startMs + afterMs) await harness.pass(startMs + afterMs - c.nowMs)
    await act()
  }
  await harness.until(() => ids.every((id) => isTerminal(harness.task(id).state)), 'all end')
  const ended = await Promise.all(ids.map((id) => endedOf(c, id)))
  const looks = provider.jobs.reduce((sum, job) => sum + job.looksAtMs.length, 0)
  const delays = fates.flatMap((fate, index) =>
    fate === null ? [] : [(seenAtMs.get(ids[index] ?? '') ?? 0) - startMs - fate.afterMs],
  )
  return { ended, looks, meanDelayMs: delays.reduce((sum, delay) => sum + delay, 0) / delays.length }
}

/** Everything that is stored of a task but its names and what follows from the time of a look. */
async function endedOf({ harness }: CallbackHarness, id: string): Promise<Ended> {
  const { id: _id, updatedAtMs: _updated, completedAtMs, attempt, ...rest } = harness.task(id)
  // A success may take another day to be archived, from the look that saw it.
  const { deadlineAtMs: _deadline, outputsExpireAtMs: _expires, ...task } = rest
  assert.ok(completedAtMs !== null && attempt !== null)
  const { clientToken: _token, endedAtMs, ...sent } = attempt
  assert.ok(endedAtMs !== null)
  return {
    task: { ...task, sent },
    // The key names the lease under which the file was written.
    artifacts: (await harness.store.artifacts(id)).map(({ storageKey: _key, ...artifact }) => artifact),
    kinds: (await harness.store.timeline(id))
      .map(({ kind }) => kind)
      .filter((kind) => kind !== 'callback.received'),
  }
}

test('with all callbacks lost, every task ends as its job did', { timeout: 100_000 }, async (t) => {
  const fates = fatesOf(TASKS)
  const { ended, meanDelayMs, looks } = await run(fates, [])
  const states = ended.map(({ task }) => Reflect.get(task, 'state'))
  const expected = fates.map((fate) =>
    fate === null ? 'error' : fate.verdict.kind === 'done' ? 'completed' : 'failed',
  )
  assert.deepEqual(states, expected)
  assert.ok(expected.includes('error') && expected.includes('failed'))
  t.diagnostic(
    `${TASKS} of ${TASKS} ended; ${looks} looks, ends seen after ${Math.round(meanDelayMs)} ms on average`,
  )
})

test(
  'callbacks five times over, in no order, early, late, lying and forged, change when jobs are looked at and nothing else',
  { timeout: 100_000 },
  async (t) => {
    const fates = fatesOf(60)
    const quiet = await run(fates, [])
    const said = sayings(fates)
    const loud = await run(fates, said)
    assert.deepEqual(loud.ended, quiet.ended)
    const forged = said.filter(({ call }) => call.signature === 'bad').length
    t.diagnostic(`${said.length} callbacks, ${forged} of them forged, seed ${SEED}`)
    t.diagnostic(`looks: ${quiet.looks} without, ${loud.looks} with them`)
    t.diagnostic(`ends seen after: ${Math.round(quiet.meanDelayMs)} ms, ${Math.round(loud.meanDelayMs)} ms`)
    assert.ok(loud.looks > quiet.looks, 'they do cause looks')
    assert.ok(loud.meanDelayMs < quiet.meanDelayMs, 'ends are seen sooner')
  },
)
