import assert from 'node:assert/strict'
import { test } from 'node:test'

import { systemIds } from './ids.ts'

test('an id of 18 digits is never the one that a client has who reads it as a number', () => {
  const ids = Array.from({ length: 2_000 }, () => systemIds.digits(18))
  assert.deepEqual(
    ids.filter((id) => !/^[1-9]\d{17}$/u.test(id) || String(Number(id)) === id),
    [],
  )
})

test('an id of 15 digits is exact as a number', () => {
  const ids = Array.from({ length: 2_000 }, () => systemIds.digits(15))
  assert.deepEqual(
    ids.filter((id) => !/^[1-9]\d{14}$/u.test(id) || String(Number(id)) !== id),
    [],
  )
})
