import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brokenPromises, runChaos } from './chaos.ts'
import type { ChaosOptions } from './options.ts'

/** Seeds of which every fault strikes. */
const SHORT: readonly ChaosOptions[] = [
  {
    store: 'sqlite',
    replicas: 1,
    cycles: 12,
    tasks: 120,
    seed: 1,
    leaseMs: 2_000,
    faults: ['kill', 'stop', 'clock', 'reset', 'timeout', 'errors'],
  },
  {
    store: 'postgres',
    replicas: 2,
    cycles: 6,
    tasks: 90,
    seed: 102,
    leaseMs: 2_000,
    faults: ['kill', 'stop', 'clock', 'store', 'reset', 'timeout', 'errors'],
  },
]

for (const options of SHORT) {
  const { store, cycles, tasks } = options
  test(
    `${cycles} kills and other faults on ${store}: ${tasks} tasks end, none lost and none billed twice`,
    { timeout: 240_000 },
    async (t) => {
      const { figures, seen } = await runChaos(options)
      t.diagnostic(JSON.stringify(figures))
      assert.deepEqual([...brokenPromises(figures), ...seen], [])
      assert.equal(figures.kills.serving, cycles)
      assert.equal(figures.requests.creates, tasks)
      const struck = Object.entries(figures.struck).flatMap(([name, count]) => (count > 0 ? [name] : []))
      assert.deepEqual(
        options.faults.filter((fault) => fault in figures.struck),
        struck,
      )
    },
  )
}
