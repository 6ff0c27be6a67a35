import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatAge, formatBytes, formatSpan } from './format.ts'

test('spans are told in the units that people use', () => {
  const said = [0.0004, 0.48, 1, 3.24, 59.9, 60, 250, 3_599.6, 7_500, 90_000].map(formatSpan)
  assert.deepEqual(said, [
    '0 ms',
    '480 ms',
    '1 s',
    '3.2 s',
    '59.9 s',
    '1 min 0 s',
    '4 min 10 s',
    '1 h 0 min',
    '2 h 5 min',
    '25 h 0 min',
  ])
})

test('ages are rounded down', () => {
  const ages = [0, 59, 60, 3_599, 3_600, 90_000].map((age) => formatAge(1_000_000 - age, 1_000_000_000))
  assert.deepEqual(ages, [
    'just now',
    'just now',
    '1 minute ago',
    '59 minutes ago',
    '1 hour ago',
    'yesterday',
  ])
})

test('bytes are told in powers of a thousand', () => {
  assert.deepEqual([0, 999, 1_000, 168_400, 5e6, 3e12].map(formatBytes), [
    '0 B',
    '999 B',
    '1.0 KB',
    '168.4 KB',
    '5.0 MB',
    '3000.0 GB',
  ])
})
