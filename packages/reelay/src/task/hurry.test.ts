import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hurried } from './hurry.ts'
import type { Decision } from './task.ts'

const stay: Decision = { to: 'running', dueAtMs: 60_000, patch: {}, events: [] }

test('after a hint that a look does not confirm, the next looks come after one, two and five seconds', () => {
  const seen: [number | null, number | null][] = []
  let hintStep: number | null = 0
  for (let look = 0; look < 4; look += 1) {
    const next = hurried(stay, hintStep, 10_000)
    hintStep = next.hintStep
    seen.push([next.decision.dueAtMs, hintStep])
  }
  assert.deepEqual(seen, [
    [11_000, 1],
    [12_000, 2],
    [15_000, 3],
    [60_000, null],
  ])
})

test('without a hint, at the end, or when the next look is earlier anyway, nothing changes', () => {
  assert.deepEqual(hurried(stay, null, 10_000), { decision: stay, hintStep: null })
  const done: Decision = { ...stay, to: 'archiving' }
  assert.deepEqual(hurried(done, 0, 10_000), { decision: done, hintStep: null })
  assert.equal(hurried({ ...stay, dueAtMs: 10_400 }, 0, 10_000).decision.dueAtMs, 10_400)
})
