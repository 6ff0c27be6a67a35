import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expiryOf, filesKeptMs, isExpired, type Retention } from './retention.ts'

const retention = (filesMs: number | null, recordsMs: number | null): Retention => ({
  filesMs,
  recordsMs,
  logsMs: null,
})

test('a project has its own time, and a file never outlives its record', () => {
  assert.equal(filesKeptMs(retention(null, null), undefined), null)
  assert.equal(filesKeptMs(retention(5_000, null), undefined), 5_000)
  assert.equal(filesKeptMs(retention(5_000, null), 7), 7_000)
  assert.equal(filesKeptMs(retention(5_000, null), null), null)
  assert.equal(filesKeptMs(retention(5_000, 6_000), null), 6_000)
  assert.equal(filesKeptMs(retention(null, 6_000), 7), 6_000)
  assert.equal(filesKeptMs(retention(null, 6_000), undefined), 6_000)
})

test('it expires at a whole second, and not before its time', () => {
  assert.equal(expiryOf(1_500, null), null)
  assert.equal(expiryOf(1_500, 3_000), 5_000)
  assert.equal(expiryOf(1_000, 3_000), 4_000)
  assert.deepEqual(
    [3_999, 4_000].map((nowMs) => isExpired({ expiresAtMs: 4_000 }, nowMs)),
    [false, true],
  )
  assert.equal(isExpired({ expiresAtMs: null }, Infinity), false)
})
