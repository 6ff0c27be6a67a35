import assert from 'node:assert/strict'
import { test } from 'node:test'
import { array, assert as check, double, integer, property, record } from 'fast-check'
import { LimitBucket } from './limit-bucket.ts'

const MINUTE_MS = 60_000

function drawn(bucket: LimitBucket, perMinute: number, nowMs: number, tries: number): number {
  let granted = 0
  for (let index = 0; index < tries; index += 1) if (bucket.take(perMinute, nowMs) === 0) granted += 1
  return granted
}

test('a bucket holds one minute’s worth, and gets as much back in a minute', () => {
  const bucket = new LimitBucket()
  assert.equal(drawn(bucket, 10, 0, 50), 10)
  assert.equal(drawn(bucket, 10, MINUTE_MS / 2, 50), 5)
  assert.equal(drawn(bucket, 10, 10 * MINUTE_MS, 50), 10)
})

test('a rate below one a minute still lets one through', () => {
  const bucket = new LimitBucket()
  assert.equal(bucket.take(1 / 60, 0), 0)
  assert.equal(bucket.take(1 / 60, 0), 60 * MINUTE_MS)
  assert.equal(bucket.take(1 / 60, 60 * MINUTE_MS), 0)
})

test('a rate of 0 lets nothing through, for ever, and another rate does again', () => {
  const bucket = new LimitBucket()
  assert.equal(bucket.take(0, 0), Infinity)
  assert.equal(bucket.take(0, MINUTE_MS), Infinity)
  assert.equal(drawn(bucket, 60, 2 * MINUTE_MS, 100), 60)
})

test('a smaller limit holds at once', () => {
  const bucket = new LimitBucket()
  bucket.take(1_000, 0)
  assert.equal(drawn(bucket, 3, 0, 50), 3)
})

const draws = array(
  record({ afterMs: integer({ min: 0, max: 90_000 }), tries: integer({ min: 1, max: 40 }) }),
  { minLength: 1, maxLength: 40 },
)

test('never more in any stretch of time than the capacity and what came back in it', () => {
  check(
    property(double({ min: 0.05, max: 500, noNaN: true }), draws, (perMinute, steps) => {
      const bucket = new LimitBucket()
      const capacity = Math.max(1, perMinute)
      const granted: { atMs: number; count: number }[] = []
      let nowMs = 0
      for (const { afterMs, tries } of steps) {
        nowMs += afterMs
        granted.push({ atMs: nowMs, count: drawn(bucket, perMinute, nowMs, tries) })
      }
      for (const [index, first] of granted.entries()) {
        let sum = 0
        for (const { atMs, count } of granted.slice(index)) {
          sum += count
          assert.ok(sum <= capacity + ((atMs - first.atMs) * perMinute) / MINUTE_MS + 1e-6)
        }
      }
    }),
  )
})

test('whoever waits as long as was said gets one, and whoever comes earlier does not', () => {
  check(
    property(double({ min: 0.05, max: 500, noNaN: true }), draws, (perMinute, steps) => {
      const bucket = new LimitBucket()
      let nowMs = 0
      for (const { afterMs, tries } of steps) {
        nowMs += afterMs
        drawn(bucket, perMinute, nowMs, tries)
      }
      // Until it is empty: no more than it holds.
      let waitMs = 0
      for (let index = 0; index <= 501 && waitMs === 0; index += 1) waitMs = bucket.take(perMinute, nowMs)
      assert.ok(waitMs >= 1)
      if (waitMs > 2) assert.ok(bucket.take(perMinute, nowMs + waitMs - 2) > 0)
      assert.equal(bucket.take(perMinute, nowMs + waitMs), 0)
    }),
  )
})
