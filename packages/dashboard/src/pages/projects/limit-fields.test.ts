import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ProjectLimits } from '@reelay/sdk'
import { limitFormOf, limitsOf } from './limit-fields.ts'

test('what a form was made from comes out of it again: own numbers, no limit, and those of the gateway', () => {
  const cases: ProjectLimits[] = [
    {},
    { creates_per_minute: 0, reads_per_minute: 60, in_flight: 3, per_day: 500, retention_seconds: 172_800 },
    { creates_per_minute: null, retention_seconds: null },
    { retention_seconds: 5_000 },
  ]
  for (const own of cases) assert.deepEqual(limitsOf(limitFormOf(own)), own)
})

test('how long files are kept is asked for in hours', () => {
  const form = limitFormOf({ retention_seconds: 7_200 })
  assert.deepEqual(form.retention_seconds, { kind: 'own', text: '2' })
  const changed = { ...form, retention_seconds: { kind: 'own', text: '1.5' } as const }
  assert.deepEqual(limitsOf(changed), { retention_seconds: 5_400 })
})
