import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JobLook } from './http/deps.ts'
import { lookAtJob } from './look-at-job.ts'
import { ProbeUnavailable, type Provider } from './providers/provider.ts'
import { TestClock } from './system/test-clock.ts'
import type { Verdict } from './task/verdict.ts'

const clock = new TestClock()
const TIMING = { firstPollMs: 1, intervalMs: 1, intervalMaxMs: 1, missingGraceMs: 1, deadlineMs: 5_000 }
const PACING = { perSecond: 1, burst: 1, inFlightMax: 7 }
const JOB = { account: 'one', id: 'job-1', model: null, endpoint: null }

type Script = {
  verdict?: Verdict | Error
  pausedUntilMs?: number
  operationOf?: Provider['operationOf'] | null
}

const never = async (): Promise<never> => {
  throw new Error('never asked')
}

async function look(script: Script): Promise<{ look: JobLook; probes: number }> {
  let probes = 0
  const { operationOf = (id: string) => ({ providerTaskId: id }) } = script
  const provider: Provider = {
    traits: {
      timing: TIMING,
      pacing: PACING,
      cancel: 'unsupported',
      inputs: 'upload',
      providerOptions: [],
      openCatalog: true,
    },
    models: () => [],
    start: never,
    open: never,
    probe: async () => {
      probes += 1
      const { verdict = { kind: 'waiting' } } = script
      if (verdict instanceof Error) throw verdict
      return verdict
    },
    ...(operationOf === null ? {} : { operationOf }),
  }
  const store = { pausedUntilMs: () => script.pausedUntilMs ?? null }
  const found = await lookAtJob({ store, clock, provider }, JOB, new AbortController().signal)
  return { look: found, probes }
}

test('a job is asked for once, and what was said of it is answered', async () => {
  for (const verdict of [{ kind: 'running' }, { kind: 'unrecognised', status: 'x' }] as const) {
    const { look: found, probes } = await look({ verdict })
    const operation = { providerTaskId: 'job-1' }
    assert.deepEqual(found, { kind: 'found', operation, verdict, deadlineMs: 5_000 })
    assert.equal(probes, 1)
  }
  assert.deepEqual((await look({ verdict: { kind: 'gone' } })).look, { kind: 'absent' })
})

test('nobody is asked about a job that cannot be asked for, or while the account rests', async () => {
  const untilMs = clock.nowMs() + 1
  const cases: [Script, JobLook][] = [
    [{ operationOf: null }, { kind: 'impossible' }],
    [{ operationOf: () => 'Give the model.' }, { kind: 'unclear', reason: 'Give the model.' }],
    [{ pausedUntilMs: untilMs }, { kind: 'paused', untilMs }],
  ]
  for (const [script, expected] of cases) assert.deepEqual(await look(script), { look: expected, probes: 0 })
  assert.equal((await look({ pausedUntilMs: clock.nowMs() })).look.kind, 'found', 'the pause is over')
})

test('a question that failed is told with its reason, and when to ask again', async () => {
  const busy = new ProbeUnavailable('HTTP 429', { pauseAccountMs: 7_000 })
  const expected = { kind: 'unavailable', reason: 'HTTP 429', retryAfterMs: 7_000 }
  assert.deepEqual((await look({ verdict: busy })).look, expected)
  const { look: broken } = await look({ verdict: new Error('no route') })
  assert.deepEqual(broken, { kind: 'unavailable', reason: 'no route', retryAfterMs: null })
})
