import assert from 'node:assert/strict'
import { test } from 'node:test'
import { backoffMs, heldAnswer, pollAfterMs, retryAfterMs } from './pacing.ts'

const NOW_MS = Date.parse('2026-11-24T12:00:00Z')

test('backoff doubles, is capped, and never falls under the minimum gap', () => {
  assert.deepEqual(
    [0, 1, 2, 3, 4].map((failures) => backoffMs(failures, 1)),
    [500, 1000, 2000, 4000, 8000],
  )
  assert.equal(backoffMs(50, 1), 30_000)
  assert.equal(backoffMs(1000, 0), 15_000)
  assert.equal(backoffMs(0, 0), 500)
})

test('Retry-After is read as seconds and as a date; the finer header wins', () => {
  assert.equal(retryAfterMs(new Headers({ 'retry-after': '7' }), NOW_MS), 7000)
  assert.equal(retryAfterMs(new Headers({ 'retry-after': 'Tue, 24 Nov 2026 12:00:09 GMT' }), NOW_MS), 9000)
  assert.equal(retryAfterMs(new Headers({ 'retry-after': 'Tue, 24 Nov 2026 11:00:00 GMT' }), NOW_MS), 0)
  assert.equal(retryAfterMs(new Headers({ 'retry-after': '7', 'retry-after-ms': '300' }), NOW_MS), 300)
  for (const text of ['', 'soon', '-5']) {
    assert.equal(retryAfterMs(new Headers({ 'retry-after': text }), Date.parse('2030-01-01')) ?? 0, 0, text)
  }
  assert.equal(retryAfterMs(new Headers(), NOW_MS), null)
})

test('the next look is bounded to 500 ms .. 60 s', () => {
  assert.equal(pollAfterMs(new Headers({ 'openai-poll-after-ms': '1500', 'retry-after': '9' }), NOW_MS), 1500)
  assert.equal(pollAfterMs(new Headers({ 'openai-poll-after-ms': '0' }), NOW_MS), 500)
  assert.equal(pollAfterMs(new Headers({ 'retry-after': '3600' }), NOW_MS), 60_000)
  assert.equal(pollAfterMs(new Headers({ 'openai-poll-after-ms': 'soon' }), NOW_MS), null)
})

test('a held answer is told by Preference-Applied', () => {
  for (const text of ['wait', 'wait=20', 'respond-async, wait=20', 'Wait=20']) {
    assert.ok(heldAnswer(new Headers({ 'preference-applied': text })), text)
  }
  for (const text of ['respond-async', 'await=20', 'return=minimal']) {
    assert.ok(!heldAnswer(new Headers({ 'preference-applied': text })), text)
  }
  assert.ok(!heldAnswer(new Headers()))
})
