import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_LIMIT_LIST, DEFAULT_LIMITS, NO_LIMITS, parseLimitList } from './limit-list.ts'

test('the defaults in words are the defaults', () => {
  assert.deepEqual(parseLimitList(DEFAULT_LIMIT_LIST), DEFAULT_LIMITS)
})

test('off is no limit, and each part may be off or given alone', () => {
  assert.deepEqual(parseLimitList('off'), NO_LIMITS)
  assert.deepEqual(parseLimitList(' creates = off '), { ...DEFAULT_LIMITS, createsPerMinute: null })
  assert.deepEqual(parseLimitList('per_day=off,in_flight=5'), {
    ...DEFAULT_LIMITS,
    perDay: null,
    inFlight: 5,
  })
})

test('rates are given for a second, a minute or an hour, and kept for a minute', () => {
  assert.equal(parseLimitList('creates=2/s')?.createsPerMinute, 120)
  assert.equal(parseLimitList('creates=2/m')?.createsPerMinute, 2)
  assert.equal(parseLimitList('creates=30/h')?.createsPerMinute, 0.5)
})

test('what is no such list is refused', () => {
  for (const text of [
    'creates',
    'creates=',
    'creates=10',
    'creates=10/d',
    'creates=-1/m',
    'creates=0/m',
    'creates=1.5/m',
    'in_flight=10/m',
    'per_day=0',
    'creates=1/m,creates=2/m',
    'creates=1/m=2',
    'others=1',
    'constructor=1',
    'creates=1/m,',
    'off,creates=1/m',
  ]) {
    assert.equal(parseLimitList(text), undefined, text)
  }
})
