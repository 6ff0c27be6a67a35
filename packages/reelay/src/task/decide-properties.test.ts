import assert from 'node:assert/strict'
import { test } from 'node:test'
import { array, assert as holds, nat, property } from 'fast-check'
import { CHOICES, EVENTS_MIN, Life, lives } from '../../test/sim/decide-lives.ts'

const RUNS = 20_000

test(`${RUNS} random lives break no rule of the task`, { timeout: 60_000 }, () => {
  holds(lives, { numRuns: RUNS })
})

test('the random lives reach every end and every state', () => {
  const seen = new Set<string>()
  const watched = property(array(nat({ max: CHOICES }), { minLength: EVENTS_MIN }), (seeds) => {
    const life = new Life(2)
    for (const seed of seeds) {
      life.step(seed)
      seen.add(life.task.state)
      if (life.task.error !== null) seen.add(life.task.error.code)
    }
  })
  holds(watched, { numRuns: 3_000, seed: 7 })
  for (const expected of [
    'queued',
    'submitting',
    'unknown',
    'running',
    'archiving',
    'completed',
    'failed',
    'error',
    'cancelled',
    'moderation_blocked',
    'provider_failed',
    'never_submitted',
    'no_provider',
    'submit_outcome_unknown',
    'deadline_exceeded',
    'provider_task_lost',
    'output_lost',
  ]) {
    assert.ok(seen.has(expected), `never reached: ${expected}`)
  }
})
