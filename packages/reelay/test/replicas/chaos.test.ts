import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brokenPromises, runChaos } from './chaos.ts'

const OPTIONS = { replicas: 2, tasks: 120, kills: 3, seed: 7, leaseMs: 3_000 }

test(
  `${OPTIONS.replicas} replicas and ${OPTIONS.kills} kills: ${OPTIONS.tasks} tasks end, none lost and none billed twice`,
  { timeout: 240_000 },
  async (t) => {
    const record = await runChaos(OPTIONS)
    t.diagnostic(JSON.stringify(record))
    assert.deepEqual(brokenPromises(record), [])
  },
)
